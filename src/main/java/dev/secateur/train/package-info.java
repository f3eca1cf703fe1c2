/** TensorFlow: lowering, pruning schedule and masks, fine-tuning, prediction. */
package dev.secateur.train;
