package dev.secateur.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.secateur.dataset.Datasets.Part;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageTreeTest {
  private static final Path SET = Path.of("set");

  private static ImageTree tree(Part part, String... paths) {
    return ImageTree.of(SET, List.of(paths), part);
  }

  @ParameterizedTest
  @CsvSource({
    "train,test",
    "Train,Test",
    "TRAIN,VAL",
    "training,testing",
    "training_set,test_set",
    "training-data,validation-data",
    "trainset,testset",
    "Training Data,Test Data",
    "train,valid",
    "train,dev",
    "train,holdout",
    "train,hold-out",
    "train_data,eval_data"
  })
  void foldersNamedLikePartsArePartsWhateverTheyLieIn(String train, String evaluation) {
    for (String root : List.of("", "root/", "a/b/")) {
      String[] paths = {
        root + train + "/cat/1.png",
        root + train + "/dog/2.png",
        root + evaluation + "/cat/3.png",
        root + evaluation + "/dog/4.png"
      };
      assertThat(tree(Part.TRAIN, paths).paths())
          .containsExactly(root + train + "/cat/1.png", root + train + "/dog/2.png");
      ImageTree mine = tree(Part.EVALUATION, paths);
      assertThat(mine.paths())
          .containsExactly(root + evaluation + "/cat/3.png", root + evaluation + "/dog/4.png");
      assertThat(mine.classes()).containsExactly("cat", "dog");
      assertThat(mine.labels()).containsExactly(0, 1);
      assertThat(ImageTree.hasEvaluation(SET, List.of(paths))).isTrue();
    }
  }

  @Test
  void testIsPreferredToHoldOutAndThatToValidation() {
    List<String> paths = new ArrayList<>(List.of("train/a/1.png", "validation/a/2.png"));
    assertThat(ImageTree.of(SET, paths, Part.EVALUATION).paths())
        .containsExactly("validation/a/2.png");
    paths.add("holdout/a/3.png");
    assertThat(ImageTree.of(SET, paths, Part.EVALUATION).paths())
        .containsExactly("holdout/a/3.png");
    paths.add("Test_Set/a/4.png");
    assertThat(ImageTree.of(SET, paths, Part.EVALUATION).paths())
        .containsExactly("Test_Set/a/4.png");
  }

  @Test
  void aClassThatAPartLacksMovesNoOther() {
    String[] paths = {
      "train/a/1.png", "train/b/1.png", "train/c/1.png", "test/a/1.png", "test/c/1.png"
    };
    ImageTree test = tree(Part.EVALUATION, paths);
    assertThat(test.classes()).containsExactly("a", "b", "c");
    assertThat(test.labels()).containsExactly(0, 2);
  }

  @Test
  void partsMayNestTheirClassesDifferently() {
    ImageTree test =
        tree(Part.EVALUATION, "train/images/a/1.png", "train/images/b/1.png", "test/b/1.png");
    assertThat(test.classes()).containsExactly("a", "b");
    assertThat(test.labels()).containsExactly(1);
  }

  @Test
  void oneFolderThatAllPathsShareIsNoPart() {
    assertThat(tree(Part.EVALUATION, "train/cat/1.png", "train/dog/1.png").classes())
        .containsExactly("cat", "dog");
    assertThat(ImageTree.hasEvaluation(SET, List.of("test/cat/1.png", "test/dog/1.png"))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"testament", "trains", "developer", "data", "set", "value", "attest"})
  void otherNamesAreClasses(String name) {
    assertThat(ImageTree.Split.of(name)).isEqualTo(Optional.empty());
    assertThat(tree(Part.TRAIN, name + "/1.png", "cat/1.png").classes()).contains("cat", name);
  }

  @Test
  void twoFoldersForOnePartAreRefused() {
    assertThatThrownBy(() -> tree(Part.TRAIN, "train/a/1.png", "Training/a/1.png", "test/a/1.png"))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("has both train and Training");
    assertThatThrownBy(() -> tree(Part.TRAIN, "train/a/1.png", "val/a/1.png", "valid/a/1.png"))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("has both val and valid");
  }

  @Test
  void classesThatAreCalledLikePartsAreRefused() {
    for (String other : List.of("cat/1.png", "1.png", "sample/a/1.png")) {
      assertThatThrownBy(() -> tree(Part.TRAIN, "test/1.png", "test/a/2.png", other))
          .isInstanceOf(DatasetException.class)
          .hasMessageContaining("[test] are named like parts of a set, but lie beside");
    }
  }

  @Test
  void imagesOutsideAClassAndMissingPartsAreRefused() {
    assertThatThrownBy(() -> tree(Part.EVALUATION, "train/a/1.png", "test/1.png"))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("test/1.png: lies in no class's folder");
    assertThat(tree(Part.TRAIN, "train/a/1.png", "test/1.png").classes()).containsExactly("a");
    assertThatThrownBy(() -> tree(Part.TRAIN, "val/a/1.png", "test/a/1.png"))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("no folder for training");
  }
}
