/* ListMails, GetMail, SendMailAgain: what went out, for the operator. */
#include "svc/door/lobby.h"

static const char *state_word(enum mail_state state)
{
    switch (state) {
    case MAIL_WAITING:
        return "waiting";
    case MAIL_SENT:
        return "sent";
    case MAIL_FAILED:
        return "failed";
    case MAIL_KEPT:
        return "kept";
    default:
        return "void";
    }
}

/* Texts are in the call's arena already, with a NUL behind them. */
void lobby_fill_mail(const struct mail *mail, Usher__V1__Mail *ret_mail)
{
    usher__v1__mail__init(ret_mail);
    ret_mail->mail_id = mail->mail_id;
    ret_mail->to = (char *)mail->to.at;
    ret_mail->template_ = (char *)mail->template.at;
    ret_mail->state = (char *)state_word(mail->state);
    ret_mail->created_at_ms = mail->created_at_ms;
    ret_mail->sent_at_ms = mail->sent_at_ms;
    ret_mail->tries = mail->tries;
    ret_mail->unclear = mail->unclear;
    ret_mail->last_error = (char *)mail->last_error.at;
    ret_mail->message_id = (char *)mail->message_id.at;
}

int door_list_mails(struct call *call, const void *request, void *response)
{
    const Usher__V1__ListMailsRequest *wish = request;
    Usher__V1__ListMailsResponse *answer = response;
    struct door *door = call_state(call);
    struct arena *arena = call_arena(call);
    const size_t page = wish->page_size == 0 ? LOBBY_MAILS_PAGE : wish->page_size;
    struct mail *mails;
    size_t count;
    if (page > MAIL_PAGE_MAX)
        return lobby_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "page_size",
                          "a page has at most %d mails", MAIL_PAGE_MAX);
    int err = mail_list(door->options.sql, wish->before_mail_id, view_str(wish->to), page, arena,
                        &mails, &count, call_deadline_ns(call));
    if (err != 0)
        return lobby_store_failed(call, err);
    Usher__V1__Mail *list = arena_alloc(arena, count * sizeof(*list));
    answer->mails = arena_alloc(arena, count * sizeof(*answer->mails));
    if (!list || !answer->mails)
        return lobby_store_failed(call, ERR_NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        lobby_fill_mail(&mails[i], &list[i]);
        answer->mails[i] = &list[i];
    }
    answer->n_mails = count;
    return 0;
}

static int find_mail(struct call *call, uint64_t mail_id, struct mail *ret_mail)
{
    struct door *door = call_state(call);
    int err =
        mail_get(door->options.sql, mail_id, call_arena(call), ret_mail, call_deadline_ns(call));
    if (err == ERR_NOT_FOUND)
        return lobby_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "mail_id", "no mail %llu",
                          (unsigned long long)mail_id);
    return err == 0 ? 0 : lobby_store_failed(call, err);
}

/* Its words as they are, or would be now. */
static int fill_words(struct call *call, const struct mail *mail, Usher__V1__Mail *answer)
{
    struct arena *arena = call_arena(call);
    const struct view id = mail->message_id.len ? mail->message_id : VIEW_LIT("unsent@localhost");
    struct composed composed;
    int err = lobby_compose(call_state(call), mail, id, arena, call_deadline_ns(call), &composed);
    if (err == ERR_NOT_FOUND || err == ERR_INVALID)
        return 0; /* nothing is left to be shown: its order is void, or its code is forgotten */
    if (err != 0)
        return err;
    const struct view message = buf_view(&composed.message);
    answer->message =
        (ProtobufCBinaryData){.len = message.len, .data = (uint8_t *)arena_copy(arena, message)};
    answer->text = arena_copy(arena, buf_view(&composed.text));
    answer->subject = arena_copy(arena, buf_view(&composed.subject));
    composed_release(&composed);
    return answer->message.data && answer->text && answer->subject ? 0 : ERR_NO_MEMORY;
}

int door_get_mail(struct call *call, const void *request, void *response)
{
    const Usher__V1__GetMailRequest *wish = request;
    struct mail mail;
    int err = find_mail(call, wish->mail_id, &mail);
    if (err != 0)
        return err;
    lobby_fill_mail(&mail, response);
    err = fill_words(call, &mail, response);
    return err == 0 ? 0 : lobby_store_failed(call, err);
}

int door_send_mail_again(struct call *call, const void *request, void *response)
{
    const Usher__V1__SendMailAgainRequest *wish = request;
    struct door *door = call_state(call);
    struct mail mail;
    int err = find_mail(call, wish->mail_id, &mail);
    if (err != 0)
        return err;
    if (!door->smtp)
        return lobby_fail(call, CODE_FAILED_PRECONDITION, "NO_MAIL_SERVER", NULL,
                          "usher serve was started without --smtp");
    err = mail_again(door->options.sql, wish->mail_id, lobby_now_ms(), call_deadline_ns(call));
    if (err != 0 && err != ERR_BUSY) /* it waits already: as was asked for */
        return lobby_store_failed(call, err);
    err = find_mail(call, wish->mail_id, &mail);
    if (err == 0)
        lobby_fill_mail(&mail, response);
    return err;
}
