/*
 * till: what the files of the stand-in provider share: the provider, one request to it, and how an
 * answer is made. For this folder alone.
 */
#ifndef USHER_PSP_TILL_H
#define USHER_PSP_TILL_H

#include "clock/clock.h"
#include "db/http.h"
#include "fiber/fiber.h"
#include "psp/book.h"
#include "psp/faults.h"
#include "psp/psp.h"
#include "wire/server.h"

#define PSP_SEGMENTS_MAX 6 /* of a path, without the dialect */
#define PSP_BODY_MAX     (64u << 10)
#define PSP_READY_MS     (30 * 60000) /* Toss: the buyer has this long */
#define PSP_HOOKS_MAX    4096         /* webhooks under way; more are lost */
#define PSP_HOOK_TRIES   8            /* Toss: the first, and seven more */
#define PSP_HOOK_MS      10000        /* an answer to a webhook must come within */

struct psp {
    struct psp_options options;
    struct book *book;
    struct faults *faults;
    struct http_client *client; /* NULL: options.http */
    struct http *http;          /* what webhooks go out by */
    struct server *server;
    struct scope hooks; /* webhooks under way */
    struct plain_rule plain;
    struct psp_persons *persons; /* whose proofs are under way; NULL: nobody's yet */
    const struct clock *clock;   /* of the worker's loop */
    char url[300];               /* of itself */
};

/* One request. */
struct psp_call {
    struct psp *psp;
    const struct plain_request *ask;
    struct page *page; /* the answer */
    struct view segments[PSP_SEGMENTS_MAX];
    size_t segment_count;
    json_t *body;                   /* of a JSON request; owned; may be NULL */
    enum fault fault;               /* for those that mind more than when they fail */
    const char *request;            /* its Request-Id; NULL: it has none */
    const struct psp_cancel *ended; /* at the desk: a cancel that took its time */
    const char *first; /* of the request that the same key was used for first; NULL: this one */
};

/* How a dialect does a kind of call. */
struct psp_api {
    const char *method;
    const char *path; /* "v1/payments/?/cancel"; a ? is any one segment */
    const char *on;   /* its kind, for the script of faults */
    bool keyed;       /* an idempotency key is honoured */
    void (*run)(struct psp_call *call);
};

/* What differs between dialects around a call. */
struct psp_tongue {
    const char *name; /* of the path and the webhook */
    enum psp_dialect dialect;
    /* Tells the shop of what was done at the desk (desk.c): of that payment, to do so. */
    void (*happened)(struct psp_call *call, struct psp_payment *p, const char *what);
    bool disputes; /* a card's holder may dispute a payment */
    /* Answers what it refuses before anything is done. NULL: nothing. */
    bool (*refuses)(struct psp_call *call);
    const char *numbered; /* each answer has a Request-Id, and this Stripe-Version; NULL: neither */
    bool slow;            /* the buyer's yes may be paid later: its page has a button for it */
    const struct psp_api *apis;
    size_t api_count;
    /* Whether the Authorization header is right. */
    bool (*allowed)(const struct psp_call *call);
    /* The idempotency key, or the empty view; it is remembered for so long. */
    int64_t key_ms;
    struct view (*key_of)(const struct psp_call *call);
    /* An error as the dialect says it. */
    void (*fail)(struct psp_call *call, int status, const char *code, const char *message);
    /* The order a request is about, for the script; NULL: not known. */
    const char *(*order_of)(struct psp_call *call);
    /* What a shop's page loads into the buyer's browser, and its path; NULL: nothing. */
    const char *script, *script_path;
    /* A payment that the buyer's browser begins, from the query of the pay page. NULL after an
     * answer that says what is wrong. Absent where the server begins it: /stripe/pay/SESSION. */
    struct psp_payment *(*open)(struct psp_call *call);
    /* What the buyer has chosen: "pay", "decline", "cancel". Answers with the way back. */
    void (*decided)(struct psp_call *call, struct psp_payment *p, const char *choice);
    /* Somebody pays to an account: /toss/bank/ACCOUNT. NULL: it has none. */
    void (*bank)(struct psp_call *call);
};

extern const struct psp_tongue toss_tongue, stripe_tongue, nicepay_tongue, portone_tongue,
    twilio_tongue;

/* Answers an API request with idempotency and faults around it. In a fiber; may wait. */
void psp_answer(struct psp_call *call, const struct psp_tongue *tongue);

/* The answer: takes the value, which may be NULL (out of memory: 500). */
void psp_json(struct psp_call *call, int status, json_t *value);
/* The same; takes html, of malloc, too. */
void psp_html(struct psp_call *call, int status, char *html);
void psp_redirect(struct psp_call *call, const char *url);

int64_t psp_now_ms(const struct psp *psp);
/* A fresh name: prefix and 24 letters and digits. In the arena. */
char *psp_name(struct psp_call *call, const char *prefix);
/* A value of the query or of a form's body, decoded, in the arena; NULL: it is not there. */
const char *psp_value(struct psp_call *call, struct view form, const char *name);
/* As text, in the arena: "…?a=1&b=2" with names and values coded. */
char *psp_with(struct psp_call *call, const char *url, const char *const *pairs);

/* The payment's state now: what is over is over. */
enum psp_status psp_status_of(struct psp *psp, struct psp_payment *p);
/* Charges, gives back, ends; each notes it. 0 or ERR_NO_MEMORY. */
int psp_charge(struct psp *psp, struct psp_payment *p);
int psp_cancel(struct psp_call *call, struct psp_payment *p, int64_t amount, const char *reason);
/* The first cancel that is under way, or NULL: some ways to pay give back slowly. */
struct psp_cancel *psp_asked(struct psp_payment *p);
/* What may be given back, without what is under way. */
int64_t psp_left(const struct psp_payment *p);

/* page.c: the page on which a buyer pays, shown (GET) or decided (POST). */
void psp_page(struct psp_call *call, const struct psp_tongue *tongue);
/* The dialect's script. */
void psp_script(struct psp_call *call, const struct psp_tongue *tongue);

/* desk.c: what happens to a payment without the shop: POST /TONGUE/desk/ORDER, do=… */
void psp_desk(struct psp_call *call, const struct psp_tongue *tongue);

/* persons.c: what telephones would show. */
void psp_messages(struct psp_call *call);

/* webhook.c: tells the other side, later; takes payload. */
void webhook_send(struct psp *psp, const char *tongue, json_t *payload);

#endif
