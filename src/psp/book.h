/*
 * book: what the stand-in provider knows, as a list of events in a file.
 *
 * The file has one JSON object a line, in order: it is the provider's ledger, the referee of every
 * argument about money. What is in memory is what replaying it gives, so a provider that is killed
 * goes on from its last line. Lines that belong together are written by one write.
 *
 *   {"seq":1,"at_ms":…,"kind":"open","dialect":"toss","payment":"tviva…","order":"…",
 *    "amount":…,"currency":"KRW","name":"…","success":"https://…","fail":"https://…",
 *    "session":"…","until_ms":…}           and of a virtual account "bank", "account", "secret"
 *   {"kind":"auth","payment":…}             the buyer has said yes; nothing is charged
 *   {"kind":"charge","payment":…,"amount":…}
 *   {"kind":"cancel","payment":…,"amount":…,"transaction":…,"reason":…}
 *   {"kind":"ask","payment":…,"amount":…,"transaction":…,"reason":…}      a cancel that takes its
 *                                           time: a "cancel" of that transaction ends it, or
 *   {"kind":"refuse","payment":…,"transaction":…}
 *   {"kind":"undo","payment":…,"amount":…}  a deposit is taken back: it may be paid again
 *   {"kind":"dispute","payment":…,"amount":…,"status":"needs_response"}   or "won", or "lost"
 *   {"kind":"end","payment":…,"status":"ABORTED"}    or "EXPIRED", or "CANCELED", an account that
 *                                           is closed: it will not be charged
 *   {"kind":"key","name":…,"status":200,"body":"…"}  an idempotency key and its answer
 *
 * One thread; nothing here waits.
 */
#ifndef USHER_PSP_BOOK_H
#define USHER_PSP_BOOK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "mem/view.h"

enum psp_dialect { PSP_TOSS, PSP_STRIPE, PSP_NICEPAY };
#define PSP_DIALECTS 3

enum psp_status {
    PSP_READY,    /* the buyer has not decided */
    PSP_AUTHED,   /* the buyer has, and nothing is charged */
    PSP_DONE,     /* charged */
    PSP_PARTIAL,  /* a part of it was given back */
    PSP_CANCELED, /* all of it was */
    PSP_ABORTED,  /* declined or cancelled before the charge */
    PSP_EXPIRED   /* too late */
};

enum psp_cancel_state { PSP_CANCEL_DONE, PSP_CANCEL_ASKED, PSP_CANCEL_REFUSED };

struct psp_cancel {
    const char *transaction;
    const char *reason;
    int64_t amount;
    int64_t left; /* after it */
    int64_t at_ms;
    enum psp_cancel_state state;
};

/* Texts belong to the payment's lines. */
struct psp_payment {
    enum psp_dialect dialect;
    enum psp_status status;
    const char *key;     /* paymentKey, PaymentIntent, tid */
    const char *session; /* of a Checkout Session; else NULL */
    const char *order;
    const char *name;
    const char *success_url;
    const char *fail_url;
    const char *currency;
    const char *bank, *account, *secret; /* of a virtual account; else NULL */
    int64_t amount;
    int64_t tax_free;    /* of the amount */
    const char *easy;    /* "KAKAOPAY": by whose wallet; NULL: by card */
    const char *method;  /* "TRANSFER", "MOBILE_PHONE", "PAYPAL"; NULL: by card, or that wallet */
    bool whole;          /* it is cancelled in full alone: of an escrow */
    bool slow;           /* a bank was at it after the buyer's yes; so it is with what goes back */
    int64_t left;        /* charged and not given back */
    const char *failure; /* the code of why it ended; or NULL */
    const char *mark;    /* of a PaymentIntent: what the shop has named it by; or NULL */
    const char *dispute; /* its last status, "needs_response"; NULL: nobody disputes it */
    int64_t disputed;    /* how much of it */
    int64_t opened_at_ms;
    int64_t charged_at_ms;
    int64_t until_ms; /* READY or AUTHED until then */
    struct psp_cancel *cancels;
    uint32_t cancel_count;
};

/* The answer that a key was given. */
struct psp_keyed {
    int status; /* 0: the first request with it is still running */
    const char *body;
    const char *request; /* its Request-Id, where the dialect has one; else NULL */
    int64_t at_ms;
};

struct book;

/* Opens the file, or makes it; NULL path: in memory alone. A last line that is cut off is dropped.
 * ERR_IO (errno), ERR_CORRUPT, ERR_NO_MEMORY. */
int book_open(const char *path, struct book **ret_book);
void book_free(struct book *book);

/* By paymentKey, PaymentIntent, tid or session; or NULL. */
struct psp_payment *book_find(struct book *book, struct view key);
/* The order's last payment in that dialect, or NULL. */
struct psp_payment *book_find_order(struct book *book, enum psp_dialect dialect, struct view order);
/* The i-th payment, from 0; NULL at the end. */
struct psp_payment *book_at(struct book *book, size_t i);

/* Applies a line of that kind and keeps it for book_write. Takes it, which may be NULL (out of
 * memory). ERR_NO_MEMORY. */
int book_note(struct book *book, int64_t now_ms, const char *kind, json_t *line);
/* Writes what was noted. ERR_IO. */
int book_write(struct book *book);

/* NULL: a key that was never used. A running one is remembered in memory alone. */
const struct psp_keyed *book_key(struct book *book, const char *name);
int book_key_begin(struct book *book, const char *name);
/* Keeps the answer, or, with status 0, forgets the key: it may be used anew. */
int book_key_end(struct book *book, int64_t now_ms, const char *name, int status, const char *body,
                 const char *request);

/* The whole file. The caller frees the text. ERR_IO, ERR_NO_MEMORY, ERR_FULL beyond max bytes. */
int book_text(struct book *book, size_t max, char **ret_text, size_t *ret_len);

#endif
