/*
 * roles: what the bits of an identity mean. The call layer compares them and knows no meaning;
 * tokens carry them.
 *
 * A caller may have several: a manager of one organiser who is also a buyer. Roles of a team
 * (door, box office, manager, owner) are held for an organiser, a tenant of the identity; an
 * operator's hold for the whole installation.
 */
#ifndef USHER_TOKEN_ROLES_H
#define USHER_TOKEN_ROLES_H

#define ROLE_GUEST      (1u << 0) /* an account that is nothing but its token */
#define ROLE_BUYER      (1u << 1) /* an account with a sign-in */
#define ROLE_DOOR       (1u << 2) /* lets people in */
#define ROLE_BOX_OFFICE (1u << 3) /* sells and refunds by hand */
#define ROLE_MANAGER    (1u << 4) /* makes and runs events */
#define ROLE_OWNER      (1u << 5) /* and decides who is in the team */
#define ROLE_OPERATOR   (1u << 6) /* runs the installation: shows operator.key */
#define ROLE_PEER       (1u << 7) /* another process of the installation */

/* Whoever buys, in an account's name. */
#define ROLES_BUY (ROLE_GUEST | ROLE_BUYER)
/* Whoever is told of what is not published. */
#define ROLES_INSIDE (ROLES_MANAGE | ROLE_DOOR | ROLE_BOX_OFFICE | ROLE_PEER)
/* Whoever makes and runs events. */
#define ROLES_MANAGE (ROLE_MANAGER | ROLE_OWNER | ROLE_OPERATOR)

#endif
