/*
 * target: who the shipper ships records to: Elasticsearch and OpenSearch (elastic.h), or Logstash
 * (logstash.h). Embedded in each.
 */
#ifndef USHER_SVC_MONITOR_TARGET_H
#define USHER_SVC_MONITOR_TARGET_H

#include "svc/monitor/window.h"

#define SHIP_BATCH_MAX 500 /* records in one call */

enum ship_result {
    SHIP_SHIPPED, /* it is there */
    SHIP_AGAIN,   /* not now, and not for what it says (busy, no rights): send it again later */
    SHIP_REFUSED  /* it will never be taken, because of what it says */
};
struct ship_outcome {
    enum ship_result result;
    const char *why; /* REFUSED: in the arena; AGAIN: the same, or NULL */
};

struct ship_target;
struct ship_target_body {
    /* What has to be there before anything is shipped; harmless where it is. ERR_UNAVAILABLE,
     * ERR_TIMEOUT: ask again later; ERR_DENIED: the credentials; ERR_UNSUPPORTED: it is another
     * program, or refuses. why gets a sentence for the log where it is not 0, or NULL. */
    int (*prepare)(struct ship_target *target, struct arena *arena, const char **ret_why,
                   int64_t deadline_ns);
    /* Sends at most SHIP_BATCH_MAX records; outcomes has one for each. 0: each has its outcome.
     * ERR_UNAVAILABLE: none was taken; ERR_UNKNOWN: some may be there, ask find; ERR_FULL: none
     * was taken, because they are too large together. ERR_DENIED, ERR_NO_MEMORY. */
    int (*ship)(struct ship_target *target, const struct record *records, size_t count,
                struct arena *arena, struct ship_outcome *outcomes, int64_t deadline_ns);
    /* Sets found[i] where record i is there. NULL: it cannot be asked. ERR_UNAVAILABLE,
     * ERR_NO_MEMORY. */
    int (*find)(struct ship_target *target, const struct record *records, size_t count,
                struct arena *arena, bool *found, int64_t deadline_ns);
    void (*close)(struct ship_target *target); /* NULL: nothing is kept open */
};

struct ship_target {
    const struct ship_target_body *body;
    const char *url;  /* without a slash at its end; borrowed */
    const char *type; /* "opensearch", once it is prepared; static */
    const char *why;  /* of the last failure: static, or in that call's arena; NULL: not known */
    bool prepared;
};

#endif
