/* GetChallenge: work that a person's device does in a moment, and whoever wants ten thousand places
 * does ten thousand times. */
#include "err/err.h"
#include "svc/waitroom/desk.h"

int waitroom_get_challenge(struct call *call, const void *request, void *response)
{
    const Usher__V1__GetChallengeRequest *wish = request;
    struct waitroom *room = call_state(call);
    struct work_aim aim = {.sale_id = wish->sale_id};
    if (!room_sale(call, wish->sale_id))
        return ERR_NOT_FOUND;
    if (work_cost(room->work, call) == 0)
        return 0; /* nothing has to be solved: the answer without an algorithm */
    int err = room_account(call, &aim.account_id);
    if (err != 0)
        return err;
    err = work_ask(room->work, call, aim, response);
    return err == 0 ? 0 : room_refused(call, err);
}
