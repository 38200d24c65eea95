#include "sim/follow.h"

#include <inttypes.h>
#include <string.h>

#include "err/err.h"

void follow_init(struct follow *follow, struct tale *tale, struct sql *sql, uint32_t sale_id,
                 const struct line_sale *sale)
{
    struct line_rules rules = {
        .sale_id = sale_id, .claim_ms = sale->claim_ms, .pass_ms = sale->pass_ms};
    memcpy(rules.commitment, sale->commitment, sizeof(rules.commitment));
    *follow = (struct follow){.tale = tale, .sql = sql, .sale_id = sale_id};
    line_init(&follow->line, &rules);
}

void follow_release(struct follow *follow)
{
    line_release(&follow->line);
}

static void apply_row(struct follow *follow, const struct line_row *row)
{
    struct view left = row->body;
    struct line_entry entry;
    while (left.len > 0 && !follow->tale->failed) {
        if (line_entry_read(&left, &entry) != 0 || line_apply(&follow->line, &entry) != 0) {
            tale_fail(follow->tale, "row %" PRIu64 " breaks a rule", row->seq);
            return;
        }
        if (follow->note)
            follow->note(follow->arg, &entry);
    }
}

void follow_read(struct follow *follow)
{
    struct arena arena;
    struct line_row *rows;
    size_t count = 0;
    arena_init(&arena, 64u << 20);
    int err = line_read(follow->sql, follow->sale_id, follow->seq + 1, &arena, &rows, &count,
                        DEADLINE_NEVER);
    assert(err == 0);
    for (size_t i = 0; i < count && !follow->tale->failed; i++) {
        if (rows[i].seq != follow->seq + 1)
            tale_fail(follow->tale, "row %" PRIu64 " follows row %" PRIu64, rows[i].seq,
                      follow->seq);
        apply_row(follow, &rows[i]);
        follow->seq = rows[i].seq;
    }
    arena_release(&arena);
    if (!follow->tale->failed)
        line_check(&follow->line);
}
