/*
 * elastic_fields: every field of a log event or a sale event that is mapped, with its type. What is
 * not listed is kept and shown, but not indexed ("dynamic": false).
 *
 * Names without "usher." are those of the Elastic Common Schema; tests/monitor compares them with
 * its list.
 */
#ifndef USHER_SVC_MONITOR_ELASTIC_FIELDS_H
#define USHER_SVC_MONITOR_ELASTIC_FIELDS_H

/* X(name, type) */
#define ELASTIC_FIELD_LIST(X)                                                                      \
    X("@timestamp", "date")                                                                        \
    X("message", "text")                                                                           \
    X("log.level", "keyword")                                                                      \
    X("ecs.version", "keyword")                                                                    \
    X("service.name", "keyword")                                                                   \
    X("service.version", "keyword")                                                                \
    X("service.node.name", "keyword")                                                              \
    X("service.node.role", "keyword")                                                              \
    X("process.pid", "long")                                                                       \
    X("event.id", "keyword")                                                                       \
    X("event.kind", "keyword")                                                                     \
    X("event.dataset", "keyword")                                                                  \
    X("event.action", "keyword")                                                                   \
    X("event.sequence", "long")                                                                    \
    X("event.duration", "long")                                                                    \
    X("event.outcome", "keyword")                                                                  \
    X("error.code", "keyword")                                                                     \
    X("error.message", "text")                                                                     \
    X("trace.id", "keyword")                                                                       \
    X("span.id", "keyword")                                                                        \
    X("http.request.id", "keyword")                                                                \
    X("http.response.status_code", "long")                                                         \
    X("client.address", "keyword")                                                                 \
    X("url.full", "keyword")                                                                       \
    X("usher.performance", "long")                                                                 \
    X("usher.version", "long")                                                                     \
    X("usher.epoch", "long")                                                                       \
    X("usher.order", "keyword")                                                                    \
    X("usher.hold", "keyword")                                                                     \
    X("usher.account_hash", "keyword")                                                             \
    X("usher.seats", "long")                                                                       \
    X("usher.places", "long")                                                                      \
    X("usher.total", "long")                                                                       \
    X("usher.method", "keyword")                                                                   \
    X("usher.reason", "keyword")                                                                   \
    X("usher.span", "keyword")                                                                     \
    X("usher.parent", "keyword")                                                                   \
    X("usher.link", "keyword")                                                                     \
    X("usher.at_us", "long")                                                                       \
    X("usher.code", "long")                                                                        \
    X("usher.sale", "long")                                                                        \
    X("usher.number", "long")                                                                      \
    X("usher.most", "long")                                                                        \
    X("usher.measured", "long")                                                                    \
    X("usher.serial", "long")                                                                      \
    X("usher.payment", "keyword")                                                                  \
    X("usher.provider", "keyword")                                                                 \
    X("usher.currency", "keyword")                                                                 \
    X("usher.mail", "long")                                                                        \
    X("usher.webhook", "long")

#endif
