package dev.secateur;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The arrows between the rooms: who may know whom. */
@AnalyzeClasses(packages = "dev.secateur", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  /** Each room with the rooms that it may know; {@code cli} knows every room. */
  private static final Map<String, List<String>> MAY_KNOW = new LinkedHashMap<>();

  static {
    MAY_KNOW.put("plan", List.of());
    MAY_KNOW.put("graph", List.of());
    MAY_KNOW.put("dataset", List.of("plan", "graph"));
    MAY_KNOW.put("keras", List.of("graph"));
    MAY_KNOW.put("prune", List.of("plan", "graph", "dataset"));
    MAY_KNOW.put("train", List.of("plan", "graph", "dataset", "prune"));
    MAY_KNOW.put("tflite", List.of("plan", "graph", "dataset"));
    // Of a graph it knows tensors and whoever predicts them.
    MAY_KNOW.put("evaluate", List.of("plan", "graph", "dataset"));
    MAY_KNOW.put("result", List.of("plan"));
    MAY_KNOW.put("report", List.of("result"));
    MAY_KNOW.put(
        "job",
        List.of(
            "plan", "graph", "dataset", "keras", "prune", "train", "tflite", "evaluate", "result"));
    MAY_KNOW.put("search", List.of("plan", "result"));
    MAY_KNOW.put("store", List.of());
    MAY_KNOW.put("event", List.of("plan", "result"));
    MAY_KNOW.put("ledger", List.of("store", "event"));
    // Beside what the design gives it: the words that those rooms speak in, and the report that it
    // hands to its jobs.
    MAY_KNOW.put(
        "worker",
        List.of("event", "ledger", "job", "search", "bridge", "plan", "result", "store", "report"));
    MAY_KNOW.put("bridge", List.of("event", "store"));
  }

  /** Of the worker's own rooms, what each may not know; all know what they share. */
  private static final Map<String, List<String>> APART =
      Map.of(
          "worker", List.of("worker.intake", "worker.run", "worker.health"),
          "worker.intake", List.of("worker.run", "worker.health"),
          "worker.run", List.of("worker.intake", "worker.health"));

  private static final String[] ENGINE =
      Stream.of(
              "plan",
              "graph",
              "dataset",
              "keras",
              "prune",
              "train",
              "tflite",
              "evaluate",
              "result",
              "report",
              "job",
              "search")
          .map(ArchitectureTest::room)
          .toArray(String[]::new);

  private static String room(String name) {
    return "dev.secateur." + name + "..";
  }

  @ArchTest
  static void eachRoomKnowsOnlyTheRoomsThatTheDesignGivesIt(JavaClasses all) {
    MAY_KNOW.forEach(
        (room, known) -> {
          String[] allowed =
              Stream.concat(Stream.of(room), known.stream())
                  .map(ArchitectureTest::room)
                  .toArray(String[]::new);
          noClasses()
              .that()
              .resideInAPackage(room(room))
              .should()
              .dependOnClassesThat(
                  resideInAPackage("dev.secateur..").and(resideOutsideOfPackages(allowed)))
              .allowEmptyShould(true)
              .as("the room " + room + " knows only " + known)
              .check(all);
        });
  }

  /** Records wait for no job: intake and execution are apart, and health starts the two. */
  @ArchTest
  static void intakeAndExecutionDoNotKnowEachOther(JavaClasses all) {
    APART.forEach(
        (room, unknown) ->
            noClasses()
                .that()
                .resideInAPackage("dev.secateur." + room)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                    unknown.stream().map(ArchitectureTest::room).toArray(String[]::new))
                .as("the room " + room + " knows none of " + unknown)
                .check(all));
  }

  @ArchTest
  static final ArchRule everyClassStandsInARoom =
      classes()
          .that()
          .doNotHaveSimpleName("package-info")
          .should()
          .resideInAnyPackage(
              Stream.concat(Stream.of("cli"), MAY_KNOW.keySet().stream())
                  .map(ArchitectureTest::room)
                  .toArray(String[]::new));

  @ArchTest
  static final ArchRule noTwoRoomsKnowEachOther =
      slices().matching("dev.secateur.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule engineRoomsArePlainJava =
      noClasses()
          .that()
          .resideInAnyPackage(ENGINE)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.quarkus..",
              "jakarta..",
              "io.smallrye..",
              "org.eclipse.microprofile..",
              "org.apache.kafka..",
              "io.minio..",
              "io.micrometer..",
              "picocli..");

  @ArchTest
  static final ArchRule quarkusLivesInTheWorkerAndTheBridge =
      noClasses()
          .that()
          .resideOutsideOfPackages(room("worker"), room("bridge"))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.quarkus..", "jakarta..", "org.eclipse.microprofile..");

  @ArchTest
  static final ArchRule tfliteRunsWithoutTensorFlow =
      noClasses()
          .that()
          .resideInAnyPackage(room("tflite"), room("keras"), room("graph"), room("dataset"))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.tensorflow", "org.tensorflow.op..", "org.tensorflow.ndarray..");

  @ArchTest
  static final ArchRule theGraphKnowsNobody =
      noClasses()
          .that()
          .resideInAPackage(room("graph"))
          .should()
          .dependOnClassesThat()
          .resideOutsideOfPackages("java..", room("graph"));

  /** The room's own package is one of them: it knows the others, which do not know it. */
  @ArchTest
  static final ArchRule thePackagesOfKerasHaveNoCycles =
      slices()
          .assignedFrom(
              new SliceAssignment() {
                @Override
                public SliceIdentifier getIdentifierOf(JavaClass type) {
                  String name = type.getPackageName();
                  return name.startsWith("dev.secateur.keras")
                      ? SliceIdentifier.of(name)
                      : SliceIdentifier.ignore();
                }

                @Override
                public String getDescription() {
                  return "the packages of the room keras";
                }
              })
          .should()
          .beFreeOfCycles();
}
