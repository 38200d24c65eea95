/*
 * otlp: the fiber that takes spans to a collector, by OTLP over HTTP in JSON
 * (opentelemetry.io/docs/specs/otlp, "OTLP/HTTP").
 *
 * A batch that the collector did not take, and might (no answer, 429, 502, 503, 504), is sent
 * again, after 1 s, then twice as long each time, 30 s at most; meanwhile spans wait in their place
 * and those beyond it are lost. What the collector refuses is lost too. Losses are counted
 * (usher_spans_lost_total), and logged when the next batch arrives.
 */
#ifndef USHER_DB_OTLP_H
#define USHER_DB_OTLP_H

#include "db/http.h"
#include "fiber/worker.h"
#include "mem/buf.h"
#include "observe/spans.h"

#define OTLP_BATCH_MAX   256          /* spans in one request */
#define OTLP_BODY_MAX    (512u << 10) /* bytes of it */
#define OTLP_PAUSE_MS    500          /* between looks at what waits */
#define OTLP_WAIT_MIN_MS 1000         /* after the first failure … */
#define OTLP_WAIT_MAX_MS 30000        /* … and at most */
#define OTLP_CALL_MS     10000        /* for one request */
#define OTLP_LAST_MS     2000         /* for the last one, when the process ends */

struct otlp_options {
    struct worker *worker; /* on which it lives */
    const char *url;       /* http(s)://HOST:PORT, without /v1/traces; borrowed, as all texts */
    const char *field;     /* a whole header field to show there, or NULL */
    const char *ca;        /* PEM of trusted roots; NULL: the system's */
    const char *instance;  /* how this process is called */
    const char *version;   /* of the program */
    const char *roles;     /* of the process, "gateway,ticket" */
};

struct otlp;

/* From a plain thread, after spans_open. ERR_NO_MEMORY, ERR_IO, ERR_FULL. */
int otlp_start(const struct otlp_options *options, struct otlp **ret_otlp);
/* From a plain thread. Sends what waits, once, where the collector answers in time. NULL is
 * harmless. */
void otlp_stop(struct otlp *otlp);

/* ---- for tests ---- */

struct otlp_batch {
    struct span spans[OTLP_BATCH_MAX];
    size_t count; /* that are not delivered yet */
    struct buf body;
    char why[200]; /* of the last failure */
};
/* Appends the request of some spans. now_wall_ms stands for now_ns. ERR_FULL, ERR_NO_MEMORY. */
int otlp_write(const struct otlp_options *options, const struct span *spans, size_t count,
               int64_t now_wall_ms, int64_t now_ns, struct buf *out);
/* Takes a batch where none is left over, and sends it. 1: it was delivered, or is lost; 0: nothing
 * waits; an err code: to be sent again. In a fiber. */
int otlp_step(struct http *http, const struct otlp_options *options, struct otlp_batch *batch,
              int64_t deadline_ns);

#endif
