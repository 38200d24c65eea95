/*
 * elastic: records into Elasticsearch or OpenSearch, by _bulk.
 *
 * Records of a stream go into the data stream usher-logs or usher-events; where the server knows no
 * data streams, into one index a day, chosen by the record's own time. Every record is created
 * under its own id, so that one that is sent again is refused as already there (409), which is as
 * good as success. Across a rollover a data stream forgets the ids of its earlier indexes: so after
 * an answer that was lost, elastic_find asks which of the records are there before any is sent
 * again.
 *
 * Templates have explicit mappings, made from the one table of fields in elastic_fields.h; their
 * priority is above those that the servers bring (100), their names do not overlap.
 */
#ifndef USHER_SVC_MONITOR_ELASTIC_H
#define USHER_SVC_MONITOR_ELASTIC_H

#include "db/http.h"
#include "svc/monitor/window.h"

#define ELASTIC_BATCH_MAX 500 /* records in one _bulk */

enum elastic_kind { ELASTIC_UNKNOWN, ELASTIC_ELASTICSEARCH, ELASTIC_OPENSEARCH };

struct elastic {
    struct http *http;         /* borrowed */
    const char *url;           /* without a slash at its end; borrowed */
    const char *authorization; /* a whole header field, or NULL; borrowed */
    enum elastic_kind kind;
    bool prepared;
    bool data_streams;
};

/* Finds out who answers and puts policy and templates in place. Harmless where they are.
 * ERR_UNAVAILABLE, ERR_TIMEOUT: ask again later; ERR_DENIED: the credentials; ERR_UNSUPPORTED: it
 * is neither, or refuses a template. why gets a sentence for the log where it is not 0. */
int elastic_prepare(struct elastic *e, struct arena *arena, const char **ret_why,
                    int64_t deadline_ns);

enum elastic_result {
    ELASTIC_SHIPPED, /* it is there */
    ELASTIC_AGAIN,   /* busy (429, 503): send it again later */
    ELASTIC_REFUSED  /* it will never be taken; why says it */
};
struct elastic_outcome {
    enum elastic_result result;
    const char *why; /* REFUSED: in the arena */
};

/* Sends at most ELASTIC_BATCH_MAX records; outcomes has one for each. 0: each has its outcome.
 * ERR_UNAVAILABLE: none was taken; ERR_UNKNOWN: some may be there, ask elastic_find. ERR_DENIED,
 * ERR_NO_MEMORY. */
int elastic_ship(struct elastic *e, const struct record *records, size_t count, struct arena *arena,
                 struct elastic_outcome *outcomes, int64_t deadline_ns);
/* Sets found[i] where record i is there. ERR_UNAVAILABLE, ERR_NO_MEMORY. */
int elastic_find(struct elastic *e, const struct record *records, size_t count, struct arena *arena,
                 bool *found, int64_t deadline_ns);

#endif
