/*
 * board_parts: the pieces of a Board: what is told of a performance, a line, books and calls, and
 * whether the claims about them hold. No I/O.
 */
#ifndef USHER_SVC_MONITOR_BOARD_PARTS_H
#define USHER_SVC_MONITOR_BOARD_PARTS_H

#include "svc/monitor/board.h"
#include "svc/monitor/monitor.h"
#include "usher/v1/monitor.pb-c.h"
#include "usher/v1/payment.pb-c.h"
#include "usher/v1/ticket.pb-c.h"
#include "usher/v1/waitroom.pb-c.h"

#define BOARD_CLAIMS (BOARD_PERFORMANCES * (PROOF_KINDS + 1) + BOARD_LINES)

/* A Board that grows; everything is in the arena, or borrowed from answers that are there too. */
struct board_draft {
    struct arena *arena;
    Usher__V1__Board board;
    size_t failed; /* of its claims */
};

/* All: ERR_NO_MEMORY. */
int board_draft_init(struct board_draft *draft, struct arena *arena, int64_t now_ms);
int board_add_performance(struct board_draft *draft, const Usher__V1__Performance *performance,
                          const Usher__V1__SaleReport *report);
int board_add_proof(struct board_draft *draft, const Usher__V1__Performance *performance,
                    const struct board_proof *at);
int board_add_books(struct board_draft *draft, const Usher__V1__Performance *performance,
                    const struct board_claim *claim);
int board_add_line(struct board_draft *draft, const Usher__V1__Sale *sale, uint32_t organiser_id,
                   const struct board_claim *claim);
int board_add_calls(struct board_draft *draft,
                    void (*calls)(void *state, struct monitor_calls *ret_calls), void *state);

/* The claim of that id, which is one of the `count` that are listed; made where there is none, in
 * place of one that is not listed any more. */
struct board_claim *board_claim_of(struct board_claim claims[BOARD_CLAIMS_KEPT],
                                   const uint32_t *ids, size_t count, uint32_t id, int64_t now_ms);
/* P6: each provider's captured money is sold, kept, refunded or about to be. */
void board_check_books(struct board_claim *claim, const Usher__V1__Books *books, int64_t now_ms);
/* P8, as it shows from outside: never more inside than the sale's most, none called who has no
 * number, and neither number goes back. */
void board_check_line(struct board_claim *claim, const Usher__V1__Sale *sale, int64_t now_ms);
/* Whose sale it is: of the first of its performances that is listed; 0: none is. */
uint32_t board_organiser_of(const Usher__V1__Sale *sale, const Usher__V1__Performance *const *list,
                            size_t count);

/* Leaves of a board what the caller may see; an operator sees all. */
void board_keep_own(Usher__V1__Board *board, const struct identity *identity);

#endif
