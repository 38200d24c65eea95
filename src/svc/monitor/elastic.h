/*
 * elastic: records into Elasticsearch or OpenSearch, by _bulk.
 *
 * Records of a stream go into the data stream usher-logs or usher-events; where the server knows no
 * data streams, into one index a day, chosen by the record's own time. Every record is created
 * under its own id, so that one that is sent again is refused as already there (409), which is as
 * good as success. Across a rollover a data stream forgets the ids of its earlier indexes: so after
 * an answer that was lost, find asks which of the records are there before any is sent
 * again.
 *
 * Templates have explicit mappings, made from the one table of fields in elastic_fields.h; their
 * priority is above those that the servers bring (100), their names do not overlap.
 */
#ifndef USHER_SVC_MONITOR_ELASTIC_H
#define USHER_SVC_MONITOR_ELASTIC_H

#include "db/http.h"
#include "svc/monitor/target.h"

enum elastic_kind { ELASTIC_UNKNOWN, ELASTIC_ELASTICSEARCH, ELASTIC_OPENSEARCH };

struct elastic {
    struct ship_target target;
    struct http *http;         /* borrowed */
    const char *authorization; /* a whole header field, or NULL; borrowed */
    enum elastic_kind kind;
    bool data_streams;
    bool has_policy; /* it took the life cycle */
};

/* Sets its body; url, http and authorization are the caller's to set. */
void elastic_init(struct elastic *elastic);

#endif
