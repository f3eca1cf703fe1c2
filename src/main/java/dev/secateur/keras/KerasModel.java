package dev.secateur.keras;

import dev.secateur.graph.Graph;
import dev.secateur.keras.architecture.KerasArchitecture;
import dev.secateur.keras.file.KerasFormat;
import java.util.Optional;

/**
 * A Keras file, read.
 *
 * @param graph the network with its weights; Keras' weights are named {@code <layer path>/<weight>}
 * @param architecture what {@link KerasWriter} needs to write the model back
 * @param format the kind of file that it came from
 * @param kerasVersion as the file states it, or "unknown"
 * @param trainingConfig the loss it was compiled with, where the file says so
 * @param channelsFirst what the file's model takes and gives with its channels first, and the graph
 *     with its channels last
 */
public record KerasModel(
    Graph graph,
    KerasArchitecture architecture,
    KerasFormat format,
    String kerasVersion,
    Optional<TrainingConfig> trainingConfig,
    ChannelsFirst channelsFirst) {}
