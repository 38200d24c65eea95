/*
 * hall: the organiser's halls: usher hall import|generate|list.
 */
#ifndef USHER_CMD_HALL_H
#define USHER_CMD_HALL_H

/* usher hall. Returns an enum cmd_exit. */
int hall_command(int argc, char **argv);

#endif
