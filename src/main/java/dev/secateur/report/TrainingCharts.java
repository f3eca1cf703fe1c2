package dev.secateur.report;

import dev.secateur.report.LineChart.Point;
import dev.secateur.report.LineChart.Series;
import dev.secateur.result.Training;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** How fine-tuning went: loss, accuracy, and the sparsity schedule beside what was reached. */
record TrainingCharts(Training training) {
  private static final double PERCENT = 100;

  String sections() {
    List<Training.Epoch> epochs = training.epochs();
    if (epochs.isEmpty()) {
      return Html.section("Training", "<p class=\"soft\">None was asked for.</p>\n");
    }
    StringBuilder html = new StringBuilder();
    add(
        html,
        "Training loss",
        new LineChart(
            "",
            "epoch",
            List.of(
                new Series("training", byEpoch(e -> Optional.of(e.loss()))),
                new Series("validation", byEpoch(Training.Epoch::validationLoss)))));
    add(
        html,
        "Accuracy while training",
        new LineChart(
            " %",
            "epoch",
            List.of(
                new Series("training", byEpoch(e -> e.accuracy().map(a -> PERCENT * a))),
                new Series(
                    "validation", byEpoch(e -> e.validationAccuracy().map(a -> PERCENT * a))))));
    add(
        html,
        "Sparsity by step",
        new LineChart(
            " %",
            "step", List.of(new Series("schedule", schedule()), new Series("reached", reached()))));
    return html.toString();
  }

  private static void add(StringBuilder html, String title, LineChart chart) {
    if (!chart.isEmpty()) {
      html.append(Html.section(title, chart.svg()));
    }
  }

  private List<Point> byEpoch(Function<Training.Epoch, Optional<Double>> value) {
    List<Point> points = new ArrayList<>();
    for (int i = 0; i < training.epochs().size(); i++) {
      int epoch = i + 1;
      value.apply(training.epochs().get(i)).ifPresent(v -> points.add(new Point(epoch, v)));
    }
    return points;
  }

  /** A stair: masks stay as they are between two updates. */
  private List<Point> schedule() {
    List<Point> stairs = new ArrayList<>();
    double before = 0;
    for (Training.SchedulePoint update : training.schedule()) {
      stairs.add(new Point(update.step(), PERCENT * before));
      stairs.add(new Point(update.step(), PERCENT * update.sparsity()));
      before = update.sparsity();
    }
    if (!stairs.isEmpty()) {
      stairs.add(0, new Point(0, 0));
      stairs.add(new Point(training.steps(), PERCENT * before));
    }
    return stairs;
  }

  private List<Point> reached() {
    List<Point> points = new ArrayList<>();
    int epochs = training.epochs().size();
    for (int i = 0; i < epochs; i++) {
      double step = (double) training.steps() * (i + 1) / epochs;
      points.add(new Point(step, PERCENT * training.epochs().get(i).sparsity()));
    }
    return points;
  }
}
