/* Bodies of ledger rows: what is read is packed again, and read as the same bytes. */
#include "sale/ledger.h"
#include "err/err.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena arena;
    struct change *changes;
    size_t count;
    struct view body, again;
    arena_init(&arena, 16 << 20);
    const int err = ledger_unpack(view_of(bytes, len), &arena, &changes, &count);
    assert(err == 0 || err == ERR_CORRUPT || err == ERR_NO_MEMORY);
    if (err == 0 && ledger_pack(changes, count, &arena, &body) == 0) {
        assert(ledger_unpack(body, &arena, &changes, &count) == 0);
        assert(ledger_pack(changes, count, &arena, &again) == 0 && view_eq(body, again));
    }
    arena_release(&arena);
    return 0;
}
