/*
 * adapter: what providers have in common, as one const table each. For this folder alone.
 *
 * An adapter turns what is wanted into requests and what comes back into one of few words, by the
 * provider's own codes, never by an HTTP status. What it does not know for sure is SAID_NOTHING:
 * look it up. Amounts are converted here and nowhere else.
 */
#ifndef USHER_SVC_PAYMENT_ADAPTER_H
#define USHER_SVC_PAYMENT_ADAPTER_H

#include <string.h>

#include "db/http.h"
#include "store/payments.h"
#include "svc/payment/payment.h"

/* One conversation with a provider. */
struct adapter_env {
    const struct payment_provider *provider;
    struct http *http;
    const char *public_url;
    struct arena *arena;
    int64_t now_ms;
    int64_t deadline_ns;
    const struct refund_account *account; /* a refund goes there; NULL: the way it came */
    /* Of a refund: what was given back there unasked, and refunds of its payment, and it, have
     * counted; of it, those that are neither it nor done. */
    int64_t taken, taken_open;
};

/* An account at a bank. */
struct refund_account {
    const char *bank, *number, *holder;
};

/* A payment that is made later. */
struct deposit_wish {
    const char *bank;        /* its code, where the provider opens the account */
    const char *name;        /* whose money it is */
    uint32_t cash_kind;      /* enum deposit_cash */
    const char *cash_number; /* whom the cash receipt is for; NULL: there is none */
};

enum said {
    SAID_NOTHING,  /* nobody knows: look it up, later */
    SAID_WAITING,  /* nothing is charged, and the buyer may still decide */
    SAID_READY,    /* nothing is charged, and it can be confirmed */
    SAID_CAPTURED, /* the money is there; of a refund: it is done */
    SAID_DECLINED, /* nothing is charged, and will not be; of a refund: it is refused for good */
    SAID_DEAD      /* nothing is charged, and will not be: abandoned, too late */
};

/* What a provider has said. Texts are in the arena or static. */
struct told {
    enum said said;
    int64_t amount;          /* CAPTURED: how much */
    struct view currency;    /* CAPTURED */
    int64_t returned;        /* CAPTURED: given back so far, by whomever, all refunds together */
    bool all_back;           /* CAPTURED: nothing is left of what was charged, whatever that was */
    int64_t disputed;        /* CAPTURED, of a review: of it, what a card's holder disputes now */
    struct view ref, charge; /* the provider's ids, where it told any */
    const char *reason;      /* DECLINED, DEAD: a word of docs/errors.md */
    struct view bank, account, secret; /* WAITING: for a deposit to that account */
    struct view code;                  /* the provider's own word, for the story */
    bool refused; /* of a refund that is NOTHING: it was answered with a refusal, which a
                                provider repeats for as long as it remembers the key */
    /* Of a refund that is NOTHING, which the provider was not asked for: less is left there; or so
     * much was given back that no refund of ours has asked for or counted, and counts first. */
    bool less;
    int64_t unasked;
};

/* What begins an attempt. */
struct begun {
    const char *redirect_url; /* where the buyer pays; in the arena */
    struct view ref, charge;  /* known already */
};

/* What the buyer's way back tells. */
enum came_back {
    CAME_PAID,   /* the buyer said yes, they say: go on */
    CAME_AWAY,   /* the buyer gave up or was declined, they say: nobody is believed */
    CAME_FOREIGN /* it is about another order or amount */
};

/* What a webhook is about. */
struct heard {
    bool authentic;       /* all of it is signed with our secret */
    struct view event_id; /* the provider's, for telling a repeat; an id, or empty */
    struct view ref;      /* the provider's id, or … */
    struct id payment_id; /* … ours; zero: not told, or … */
    struct id refund_id;  /* … our refund's */
    struct view secret;   /* of a deposit's callback, which shows that it is the provider's */
    bool as_paid;         /* it tells no more than that the money is there */
};

struct adapter {
    const char *name;
    const char *title;
    const char *const *methods;   /* up to NULL */
    const char *currencies;       /* that it takes, with spaces between them; NULL: any */
    bool by_steps;                /* it takes and gives back multiples of currency_step alone */
    const char *deposit_currency; /* of what is paid later; NULL: any */
    int64_t won_min;              /* less won is refused there; 0: not known */
    int64_t deposit_won_min;      /* the same of what is paid later */
    int64_t buyer_ms;             /* the buyer has so long */
    int64_t confirm_ms;           /* from the buyer's yes until we must have confirmed */
    uint32_t refunds_a_minute;    /* of a job; more would be refused */
    uint32_t refund_days;         /* older payments may be refused; 0: there is no such limit */
    bool
        signs_return; /* what the buyer comes back with is signed: it proves that he has said yes */
    bool sums_refunds; /* it tells how much was given back alone: refunds go one after another */
    bool confirms;     /* nothing is charged before we say so: an attempt never confirmed is dead */
    const char *heard_body; /* the answer to a webhook */
    const char *heard_type;

    /* 0; ERR_INVALID: it does not take that amount; another error: it does not answer. Nothing has
     * begun then. */
    int (*begin)(const struct adapter_env *env, const struct payment *p, const char *name,
                 struct begun *ret_begun);
    /* Reads the query of the address the buyer came back to; ret_ref: the id it has now. */
    enum came_back (*returned)(const struct adapter_env *env, const struct payment *p,
                               struct view query, struct view *ret_ref);
    void (*finish)(const struct adapter_env *env, const struct payment *p, struct told *told);
    void (*lookup)(const struct adapter_env *env, const struct payment *p, struct told *told);
    /* Opens an account that p is paid to by must_finish_by_ms; asked again it says the same. NULL:
     * there is no paying later. */
    void (*deposit)(const struct adapter_env *env, const struct payment *p, const char *name,
                    const struct deposit_wish *wish, struct told *told);
    /* What has become of money that was captured: as lookup, with all that may take it back. NULL:
     * lookup tells that. */
    void (*review)(const struct adapter_env *env, const struct payment *p, struct told *told);
    /* Ends what never became a charge; that it did is a normal answer. */
    void (*abandon)(const struct adapter_env *env, const struct payment *p, struct told *told);
    void (*refund)(const struct adapter_env *env, const struct payment *p, const struct refund *r,
                   struct told *told);
    /* Gives back all that was charged and is not what was asked for, whatever it is; a look tells
     * whether it is done. p has the provider's ids for it. NULL: it cannot be. */
    void (*undo)(const struct adapter_env *env, const struct payment *p);
    /* False: it is no webhook of this provider. */
    bool (*webhook)(const struct adapter_env *env, const struct plain_request *request,
                    struct heard *ret_heard);
};

/* Of an amount with that fee in it, what contains no tax. */
static inline int64_t adapter_tax_free(const struct payment *p, int64_t amount, int64_t fee)
{
    return (p->tax_free & PAYMENT_TAX_FREE_PRICE ? amount - fee : 0) +
           (p->tax_free & PAYMENT_TAX_FREE_FEE ? fee : 0);
}

/* Whether it takes a currency, by its code. */
static inline bool adapter_takes(const struct adapter *adapter, const char *currency)
{
    return !adapter->currencies || (strlen(currency) == 3 && strstr(adapter->currencies, currency));
}

extern const struct adapter toss_adapter, stripe_adapter, nicepay_adapter, box_office_adapter;

/* The adapter of that name, or NULL. */
const struct adapter *adapter_find(struct view name);

#endif
