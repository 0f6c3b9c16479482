/* SPDX-License-Identifier: Apache-2.0 */
/* Not API. Model. */
#ifndef TCE__TIME_CONFIG_H
#define TCE__TIME_CONFIG_H

#include "tce_time.h"

/* Can a model be made of these? */
bool tce__time_config_valid(const tce_time_config *c);

#endif
