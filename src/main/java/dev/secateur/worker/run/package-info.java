/**
 * Works at orders: claims the best, runs its job or its search, settles and answers it, and keeps
 * the ledger's house beside that. No record is known here.
 */
package dev.secateur.worker.run;
