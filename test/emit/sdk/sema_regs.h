/* Stand-in: semaphore interrupts between the cores. */
#ifndef STAND_IN_SEMA_REGS_H
#define STAND_IN_SEMA_REGS_H

#include <stdint.h>

typedef struct { volatile uint32_t irq0; } mxc_sema_regs_t;

#define MXC_SEMA ((mxc_sema_regs_t *)(uintptr_t) 0x4003e000)
#define MXC_F_SEMA_IRQ0_EN (1u << 0)
#define MXC_F_SEMA_IRQ0_CM4_IRQ (1u << 16)

#endif
