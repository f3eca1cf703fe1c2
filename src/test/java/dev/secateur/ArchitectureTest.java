package dev.secateur;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.Architectures.LayeredArchitecture;

/** The arrows between the rooms: who may know whom. */
@AnalyzeClasses(packages = "dev.secateur", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  private static final String[] ENGINE = {
    "..job..",
    "..dataset..",
    "..keras..",
    "..graph..",
    "..train..",
    "..tflite..",
    "..evaluate..",
    "..report.."
  };

  private static final LayeredArchitecture ROOMS =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("cli")
          .definedBy("..secateur.cli..")
          .layer("worker")
          .definedBy("..secateur.worker..")
          .layer("ledger")
          .definedBy("..secateur.ledger..")
          .layer("event")
          .definedBy("..secateur.event..")
          .layer("store")
          .definedBy("..secateur.store..")
          .layer("job")
          .definedBy("..secateur.job..")
          .layer("dataset")
          .definedBy("..secateur.dataset..")
          .layer("keras")
          .definedBy("..secateur.keras..")
          .layer("graph")
          .definedBy("..secateur.graph..")
          .layer("train")
          .definedBy("..secateur.train..")
          .layer("tflite")
          .definedBy("..secateur.tflite..")
          .layer("evaluate")
          .definedBy("..secateur.evaluate..")
          .layer("report")
          .definedBy("..secateur.report..");

  @ArchTest
  static final ArchRule eachRoomKnowsOnlyTheRoomsThatTheDesignGivesIt =
      ROOMS
          .whereLayer("cli")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("worker")
          .mayOnlyBeAccessedByLayers("cli")
          .whereLayer("ledger")
          .mayOnlyBeAccessedByLayers("cli", "worker")
          .whereLayer("event")
          .mayOnlyBeAccessedByLayers("cli", "worker", "ledger")
          .whereLayer("store")
          .mayOnlyBeAccessedByLayers("cli", "worker", "ledger", "job")
          .whereLayer("job")
          .mayOnlyBeAccessedByLayers("cli", "worker", "report")
          .whereLayer("report")
          .mayOnlyBeAccessedByLayers("cli", "job")
          .whereLayer("evaluate")
          .mayOnlyBeAccessedByLayers("cli", "job", "report")
          .whereLayer("keras")
          .mayOnlyBeAccessedByLayers("cli", "job")
          // The worker passes on what job's listener and plan say, in train's words.
          .whereLayer("train")
          .mayOnlyBeAccessedByLayers("worker", "cli", "job", "evaluate", "report")
          .whereLayer("tflite")
          .mayOnlyBeAccessedByLayers("cli", "job", "evaluate")
          .whereLayer("dataset")
          .mayOnlyBeAccessedByLayers("cli", "job", "train", "tflite", "evaluate");

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
  static final ArchRule tfliteRunsWithoutTensorFlow =
      noClasses()
          .that()
          .resideInAnyPackage("..tflite..", "..keras..", "..graph..", "..dataset..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.tensorflow", "org.tensorflow.op..", "org.tensorflow.ndarray..");

  @ArchTest
  static final ArchRule theGraphKnowsNobody =
      noClasses()
          .that()
          .resideInAPackage("..secateur.graph..")
          .should()
          .dependOnClassesThat()
          .resideOutsideOfPackages("java..", "..secateur.graph..");
}
