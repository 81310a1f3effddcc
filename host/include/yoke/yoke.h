/* SPDX-License-Identifier: MIT
 * Everything of libyoke. */
#ifndef YOKE_YOKE_H
#define YOKE_YOKE_H

#include <yoke/batch.h>
#include <yoke/codec.h>
#include <yoke/device.h>
#include <yoke/image.h>
#include <yoke/io.h>
#include <yoke/metadata.h>
#include <yoke/op.h>
#include <yoke/pipeline.h>
#include <yoke/profile.h>
#include <yoke/sim.h>
#include <yoke/status.h>
#include <yoke/trace.h>
#include <yoke/verify.h>

#endif
