/*
 * service: connectrpc.conformance.v1.ConformanceService over our own layers. What a call is to
 * answer stands in its request; what it saw of the request, it answers too.
 */
#ifndef USHER_CONFORMANCE_CONNECT_SERVICE_H
#define USHER_CONFORMANCE_CONNECT_SERVICE_H

#include "call/method.h"

/* Longer than any deadline of the suite: a call that has as much left came without one. */
#define SERVICE_CALL_MAX_MS 60000

/* The service, whose requests have at most request_max bytes (0: as many as the suite ever sends),
 * and what it needs of the process: names that travel, types that an Any may hold. Once, before any
 * worker starts. */
const struct service *service_make(size_t request_max);

#endif
