/*
 * persons: whose places a hold's are, where a performance counts them by person. For the files of
 * this folder alone.
 */
#ifndef USHER_SVC_TICKET_PERSONS_H
#define USHER_SVC_TICKET_PERSONS_H

#include "svc/ticket/desk.h"

/* The person that the account has proved to be, as the performance wants it proved; zero where it
 * counts accounts. Non-zero after call_fail: PERSON_NEEDED. */
int desk_find_person(struct call *call, const struct catalog_performance *performance,
                     struct id account_id, struct id *ret_person_id);

#endif
