/**
 * What to do to a model, as data: {@link dev.secateur.plan.Plan} and its parts, their defaults and
 * their JSON. The ground floor: it knows no other room, and says nothing of how a thing is done.
 */
package dev.secateur.plan;
