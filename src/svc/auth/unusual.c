#include "svc/auth/unusual.h"

#include "net/range.h"

static bool is_sign_in(const struct act *act)
{
    return view_eq(act->what, VIEW_LIT("login")) || view_eq(act->what, VIEW_LIT("login.unusual")) ||
           view_eq(act->what, VIEW_LIT("register")) ||
           view_eq(act->what, VIEW_LIT("provider.login"));
}

static bool is_refusal(const struct act *act)
{
    return view_eq(act->what, VIEW_LIT("login.failed")) ||
           view_eq(act->what, VIEW_LIT("factor.refused"));
}

/* Also where neither is an address: then nothing is known that differs. */
static bool is_one_network(struct view a, struct view b)
{
    struct in6_addr one, other;
    if (net_range_address(a, &one) != 0 || net_range_address(b, &other) != 0)
        return view_eq(a, b);
    net_range_cut_network(&one);
    net_range_cut_network(&other);
    return memcmp(&one, &other, sizeof(one)) == 0;
}

bool sign_in_is_unusual(const struct act *acts, size_t count, struct view address,
                        struct view device, int64_t now_ms)
{
    int64_t last_ms = 0;
    uint32_t refused = 0;
    bool known = false;
    for (size_t i = 0; i < count; i++) {
        const struct act *act = &acts[i];
        if (is_refusal(act) && last_ms == 0 && now_ms - act->at_ms < UNUSUAL_WITHIN_MS)
            refused++;
        if (!is_sign_in(act))
            continue;
        last_ms = last_ms ? last_ms : act->at_ms;
        known = known || is_one_network(act->address, address) ||
                (device.len > 0 && view_eq(act->about, device));
    }
    if (last_ms == 0)
        return false;
    return !known || refused >= UNUSUAL_FAILURES || now_ms - last_ms > UNUSUAL_LONG_MS;
}
