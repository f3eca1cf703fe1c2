package dev.secateur.keras.weights;

import static org.assertj.core.api.Assertions.assertThat;

import dev.secateur.graph.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

class StoredOrderTest {
  private static float[] counted(int size) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = i;
    }
    return values;
  }

  @Test
  void aKernelOfKeras1ComesFromItsOutputsAndInputsFirst() {
    Shape kernel = Shape.of(2, 3, 4, 5); // height, width, input, output
    StoredOrder order = StoredOrder.of(kernel, List.of(2, 3, 1, 0));
    assertThat(order.shape()).isEqualTo(Shape.of(5, 4, 2, 3));
    float[] values = counted(120);
    order.rearrange(values);
    for (int h = 0, i = 0; h < 2; h++) {
      for (int w = 0; w < 3; w++) {
        for (int in = 0; in < 4; in++) {
          for (int out = 0; out < 5; out++, i++) {
            assertThat(values[i]).isEqualTo(((out * 4 + in) * 2 + h) * 3 + w);
          }
        }
      }
    }
  }

  @Test
  void rowsOfADenseKernelFollowTheFlattenedImage() {
    StoredOrder order = // (C,H,W) = (2,2,3), two units
        new StoredOrder(Shape.of(12, 2), Shape.of(2, 2, 3, 2), List.of(1, 2, 0, 3));
    float[] values = counted(24);
    order.rearrange(values);
    for (int h = 0, i = 0; h < 2; h++) {
      for (int w = 0; w < 3; w++) {
        for (int c = 0; c < 2; c++) {
          for (int unit = 0; unit < 2; unit++, i++) {
            assertThat(values[i]).isEqualTo(((c * 2 + h) * 3 + w) * 2 + unit);
          }
        }
      }
    }
  }
}
