/** TFLite: lowering, fusing, calibrating, quantizing, the FlatBuffer, the interpreter. */
package dev.secateur.tflite;
