/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TceEmu's core: the TCE tables of a POWER guest, the calls that fill them, and the devices that do DMA through them.
 *
 * This header is the whole of the API. The core allocates and frees, and does nothing else to its surroundings: it
 * does not print, exit, start threads or keep global state.
 */
#ifndef CTCE_H
#define CTCE_H

#include "tce_base.h"
#include "tce_checksum.h"
#include "tce_dma.h"
#include "tce_event.h"
#include "tce_gzip.h"
#include "tce_hcall.h"
#include "tce_machine.h"
#include "tce_rtas.h"
#include "tce_run.h"
#include "tce_snapshot.h"
#include "tce_svm.h"
#include "tce_time.h"
#include "tce_time_stats.h"
#include "tce_trace.h"
#include "tce_types.h"

#endif
