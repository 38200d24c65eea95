/*
 * logstash: records to Logstash, by its HTTP input or, as best effort, by its TCP input.
 *
 * http://, https://: a batch is one POST of a JSON array; 200 takes all of it, 429 and 503 mean
 * that its queue is full. tcp://: an object a line (codec json_lines); there are no answers, so
 * what the kernel took before a connection broke may be lost, and what was sent twice comes twice.
 *
 * Every object has usher.record, its id, and data_stream.dataset before its own fields, so that the
 * id can be made a document's: Logstash cannot be asked what it has.
 */
#ifndef USHER_SVC_MONITOR_LOGSTASH_H
#define USHER_SVC_MONITOR_LOGSTASH_H

#include "db/http.h"
#include "net/stream.h"
#include "svc/monitor/target.h"

struct logstash {
    struct ship_target target;
    struct http *http;         /* borrowed; of http:// and https:// */
    const char *authorization; /* a whole header field, or NULL; borrowed */
    struct loop *loop;         /* of tcp:// */
    struct net_stream stream;  /* open while the connection stands */
    struct fiber *sender;      /* waits until more can be written */
};

/* Sets its body; the members above are the caller's to set. */
void logstash_init(struct logstash *logstash);

#endif
