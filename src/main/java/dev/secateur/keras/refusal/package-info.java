/** Why a file is refused: the kinds, the reasons, and how they reach the reader. */
package dev.secateur.keras.refusal;
