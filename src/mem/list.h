/*
 * list: a doubly linked ring whose links live inside what is listed.
 *
 * The head is a link itself; an empty ring points at itself. A link that is in no ring is zeroed or
 * points at itself, so that list_remove may be called on it. The ring owns nothing.
 */
#ifndef USHER_MEM_LIST_H
#define USHER_MEM_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next;
    struct list *prev;
};

/* The struct of type T whose member M is this link. */
#define list_of(link, T, M) ((T *)((char *)(link)-offsetof(T, M)))

/* Visits every link; the visited one may be removed on the way. */
#define list_each(link, head)                                                                      \
    for (struct list *link = (head)->next, *link##_next = link->next; link != (head);              \
         link = link##_next, link##_next = link->next)

static inline void list_init(struct list *head)
{
    head->next = head->prev = head;
}

static inline bool list_empty(const struct list *head)
{
    return head->next == head;
}

static inline bool list_linked(const struct list *link)
{
    return link->next && link->next != link;
}

static inline void list_append(struct list *head, struct list *link)
{
    link->prev = head->prev;
    link->next = head;
    head->prev->next = link;
    head->prev = link;
}

static inline void list_prepend(struct list *head, struct list *link)
{
    list_append(head->next, link);
}

static inline void list_remove(struct list *link)
{
    if (!link->next) /* NOLINT(clang-analyzer-unix.Malloc): it takes a removed one for the next */
        return;
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link->next = link->prev = link;
}

/* The first link, taken out; NULL from an empty ring. */
static inline struct list *list_take(struct list *head)
{
    struct list *link = head->next;
    if (link == head)
        return NULL;
    list_remove(link); /* NOLINT(clang-analyzer-unix.Malloc): the same */
    return link;
}

#endif
