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
}
