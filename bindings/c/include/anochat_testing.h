/* anochat_testing.h - seeds and a clock that stands still, for tests of programs that use anochat.h.
 *
 * Not part of libanochat: link libanochat_testing instead. Keys that are made in such a world are known to everybody;
 * never use them for anything real. */
#ifndef ANOCHAT_TESTING_H
#define ANOCHAT_TESTING_H

#include "anochat.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A seeded random source and a clock. Objects that are made in it keep it; freeing the handle ends only the handle. */
typedef struct anochat_world anochat_world;

/** The same seed gives the same bytes for the same sequence of calls. @param now_ms  what its clock shows
 * @optional error */
ANOCHAT_API anochat_status anochat_testing_world_new(uint64_t seed, int64_t now_ms, anochat_world **world,
                                                     anochat_error *error);
/** Moves the clock, for everything that was made in the world.
 * @optional error */
ANOCHAT_API anochat_status anochat_testing_world_set_time(anochat_world *world, int64_t now_ms, anochat_error *error);
/** @optional world error */
ANOCHAT_API anochat_status anochat_testing_world_free(anochat_world *world, anochat_error *error);

/** As anochat_account_new(). Devices, prekeys and sessions of the account are in the world as well.
 * @optional error */
ANOCHAT_API anochat_status anochat_testing_account_new(anochat_world *world, anochat_account **account,
                                                       anochat_error *error);
/** As anochat_client_create(), in memory.
 * @optional options error */
ANOCHAT_API anochat_status anochat_testing_client_new(anochat_world *world, const anochat_client_options *options,
                                                      anochat_client **client, anochat_error *error);
/** As anochat_relay_new().
 * @optional options error */
ANOCHAT_API anochat_status anochat_testing_relay_new(anochat_world *world, const anochat_relay_options *options,
                                                     anochat_relay **relay, anochat_error *error);

#ifdef __cplusplus
}
#endif

#endif /* ANOCHAT_TESTING_H */
