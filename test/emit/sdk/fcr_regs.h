/* Stand-in: boot address and control of the RISC-V core. */
#ifndef STAND_IN_FCR_REGS_H
#define STAND_IN_FCR_REGS_H

#include <stdint.h>

typedef struct { volatile uint32_t urvbootaddr, urvctrl; } mxc_fcr_regs_t;

#define MXC_FCR ((mxc_fcr_regs_t *)(uintptr_t) 0x40000800)

#endif
