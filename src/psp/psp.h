/*
 * psp: a stand-in payment provider, with test money: the other side of the payment adapters.
 *
 * A process of its own in life (`usher psp`), a library here so that the simulation and tests can
 * have one too. It speaks, on one port, the dialects of real providers as their documents tell:
 *
 *   /toss/…     Toss Payments, core API v1: the buyer pays on the page, the server confirms
 *   /stripe/…   Stripe: Checkout Sessions, refunds; webhooks are signed
 *   /nicepay/…  NICEPAY: the window posts the buyer's yes, the server approves; net-cancel
 *   /portone/…  PortOne V2: who somebody is by law (본인인증)
 *   /twilio/…   Twilio Verify v2: whose a telephone is
 *
 * and has pages on which a buyer pays, is declined or gives up; its books (GET /ledger), the
 * messages that telephones would get (GET /messages) and a script of faults (POST /faults). It
 * shares no code with the adapters and knows nothing of Usher but where its webhooks go.
 */
#ifndef USHER_PSP_PSP_H
#define USHER_PSP_PSP_H

#include "chance/chance.h"
#include "fiber/worker.h"

struct psp;

struct psp_options {
    const char *listen;      /* HOST:PORT; port 0 picks one; NULL: psp_handle is its only way in */
    const char *public_url;  /* of its pages, for browsers; NULL: where it listens */
    const char *ledger_path; /* NULL: in memory alone */
    const char *faults_path; /* a script of psp/faults.h; NULL: nothing goes wrong */
    const char *webhook_url; /* "/toss", "/stripe" or "/nicepay" is added; NULL: no webhooks */
    const char *secret_key;  /* what the caller's API key must be, in every dialect */
    const char *webhook_secret; /* Stripe's signatures */
    int64_t latency_ms;         /* of every call; the script may say otherwise */
    int64_t confirm_ms;         /* Toss: from the buyer's yes to the confirmation */
    int64_t retry_ms;           /* of a webhook nobody took: the first pause, then four times it */
    struct http *http;          /* borrowed; webhooks go out by it; NULL: by a client of its own */
    struct worker *worker;      /* borrowed; all of it lives there */
    struct chance *chance;      /* borrowed */
};

/* From a plain thread, or a fiber of the worker. ERR_IO (errno), ERR_INVALID with *ret_why (a file,
 * the address), ERR_CORRUPT (the ledger), ERR_NO_MEMORY. */
int psp_start(const struct psp_options *options, struct psp **ret_psp, const char **ret_why);
uint16_t psp_port(const struct psp *psp);
/* Answers a request, as the server would; a status of 0: no answer, the connection breaks. In a
 * fiber of the worker; may wait. */
struct plain_request;
struct page;
void psp_handle(struct psp *psp, const struct plain_request *ask, struct page *ret_page);
/* Webhooks that were not taken are given up. */
void psp_stop(struct psp *psp);

#endif
