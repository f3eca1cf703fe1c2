package dev.secateur.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ObjectUriTest {
  @ParameterizedTest
  @ValueSource(strings = {"s3://artifacts//etc/", "s3://artifacts/../etc", "s3://artifacts/a/../b"})
  void aKeyThatCouldLeadOutOfItsBucketIsRefused(String uri) {
    assertThatThrownBy(() -> ObjectUri.of(uri)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aPrefixContainsWhatIsBelowItAndNotItsNeighbour() {
    ObjectUri prefix = ObjectUri.of("s3://artifacts/out");
    assertThat(prefix.contains(ObjectUri.of("s3://artifacts/out/model.h5"))).isTrue();
    assertThat(prefix.contains(ObjectUri.of("s3://artifacts/outer/model.h5"))).isFalse();
  }

  @Test
  void anAddressMayNameAVersion() {
    ObjectUri uri = ObjectUri.of("s3://models/a/m.h5?versionId=1.2-x_3");
    assertThat(uri.key()).isEqualTo("a/m.h5");
    assertThat(uri.version()).hasValue("1.2-x_3");
    assertThat(uri.fileName()).isEqualTo("m.h5");
    assertThat(ObjectUri.of(uri.toString())).isEqualTo(uri);
    assertThat(ObjectUri.of("s3://models/a/m.h5?versionid=1").version())
        .as("that is a name like any other")
        .isEmpty();
    assertThatThrownBy(() -> ObjectUri.of("s3://models/a/?versionId=1"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a prefix has no versions");
    assertThatThrownBy(() -> new ObjectUri("models", "a?versionId=1"))
        .as("it would read as another object")
        .isInstanceOf(IllegalArgumentException.class);
  }
}
