/*
 * Stand-in for the vendor's SDK, for compiling and running generated projects on a host.
 * Only what generated projects use. Registers are plain memory at the addresses of the parts;
 * functions are implemented by host.c.
 */
#ifndef STAND_IN_MXC_H
#define STAND_IN_MXC_H

#include <stdint.h>

typedef struct { volatile uint32_t pclkdiv, ipll_ctrl; } mxc_gcr_regs_t;
typedef struct { volatile uint32_t lppwen; } mxc_pwrseq_regs_t;
typedef struct { volatile uint32_t out; } mxc_gpio_regs_t;
typedef struct { volatile uint32_t cnt; } mxc_tmr_regs_t;

#define MXC_GCR ((mxc_gcr_regs_t *)(uintptr_t) 0x40000000)
#define MXC_PWRSEQ ((mxc_pwrseq_regs_t *)(uintptr_t) 0x40006800)
#define MXC_GPIO0 ((mxc_gpio_regs_t *)(uintptr_t) 0x40008000)
#define MXC_GPIO1 ((mxc_gpio_regs_t *)(uintptr_t) 0x40009000)
#define MXC_GPIO2 ((mxc_gpio_regs_t *)(uintptr_t) 0x4000a000)
#define MXC_GPIO3 ((mxc_gpio_regs_t *)(uintptr_t) 0x4000b000)
#define MXC_TMR0 ((mxc_tmr_regs_t *)(uintptr_t) 0x40010000)
#define MXC_TMR1 ((mxc_tmr_regs_t *)(uintptr_t) 0x40011000)
#define MXC_TMR2 ((mxc_tmr_regs_t *)(uintptr_t) 0x40012000)
#define MXC_TMR3 ((mxc_tmr_regs_t *)(uintptr_t) 0x40013000)
#define MXC_ICC0 0
#define MXC_ICC1 1

/* The pins that tests use. */
#define MXC_GPIO_PIN_2 (1u << 2)
#define MXC_GPIO_PIN_4 (1u << 4)
#define MXC_GPIO_PIN_5 (1u << 5)
#define MXC_GPIO_PIN_6 (1u << 6)
#define MXC_GPIO_PIN_7 (1u << 7)

#define MXC_F_PWRSEQ_LPPWEN_CPU1 (1u << 0)
#define MXC_F_GCR_IPLL_CTRL_EN (1u << 0)
#define MXC_F_GCR_IPLL_CTRL_RDY (1u << 1)
#define MXC_F_GCR_PCLKDIV_CNNCLKDIV (7u << 14)
#define MXC_S_GCR_PCLKDIV_CNNCLKDIV_DIV2 (0u << 14)
#define MXC_S_GCR_PCLKDIV_CNNCLKDIV_DIV4 (1u << 14)
#define MXC_S_GCR_PCLKDIV_CNNCLKDIV_DIV8 (2u << 14)
#define MXC_S_GCR_PCLKDIV_CNNCLKDIV_DIV16 (3u << 14)
#define MXC_S_GCR_PCLKDIV_CNNCLKDIV_DIV1 (4u << 14)
#define MXC_F_GCR_PCLKDIV_CNNCLKSEL (3u << 17)
#define MXC_S_GCR_PCLKDIV_CNNCLKSEL_PCLK (0u << 17)
#define MXC_S_GCR_PCLKDIV_CNNCLKSEL_IPLL (3u << 17)

typedef enum { MXC_GPIO_PAD_NONE } mxc_gpio_pad_t;
typedef enum { MXC_GPIO_FUNC_IN, MXC_GPIO_FUNC_OUT } mxc_gpio_func_t;
typedef struct {
  mxc_gpio_regs_t *port;
  uint32_t mask;
  mxc_gpio_func_t func;
  mxc_gpio_pad_t pad;
} mxc_gpio_cfg_t;

typedef enum { MXC_SYS_CLOCK_IPO } mxc_sys_system_clock_t;
typedef enum {
  MXC_SYS_PERIPH_CLOCK_CNN,
  MXC_SYS_PERIPH_CLOCK_SMPHR,
  MXC_SYS_PERIPH_CLOCK_CPU1
} mxc_sys_periph_clock_t;
typedef enum { CNN_IRQn = 1, RISCV_IRQn = 2 } IRQn_Type;

int MXC_Delay(uint32_t microseconds);
void MXC_ICC_Enable(int cache);
int MXC_SYS_Clock_Select(mxc_sys_system_clock_t clock);
int MXC_SYS_ClockSourceEnable(mxc_sys_system_clock_t clock);
void MXC_SYS_ClockEnable(mxc_sys_periph_clock_t clock);
void MXC_SYS_ClockDisable(mxc_sys_periph_clock_t clock);
void SystemCoreClockUpdate(void);
void MXC_LP_EnterSleepMode(void);
void MXC_LP_EnterLowPowerMode(void);
void MXC_NVIC_SetVector(IRQn_Type irq, void (*handler)(void));
void NVIC_EnableIRQ(IRQn_Type irq);
void NVIC_EnableEVENT(IRQn_Type irq);
void NVIC_ClearPendingIRQ(IRQn_Type irq);
void NVIC_ClearPendingEVENT(IRQn_Type irq);
void __enable_irq(void);
int MXC_GPIO_Config(const mxc_gpio_cfg_t *config);
void MXC_GPIO_OutSet(mxc_gpio_regs_t *port, uint32_t mask);
void MXC_GPIO_OutClr(mxc_gpio_regs_t *port, uint32_t mask);
void MXC_TMR_Delay(mxc_tmr_regs_t *timer, uint32_t microseconds);
void MXC_TMR_SW_Start(mxc_tmr_regs_t *timer);
unsigned int MXC_TMR_SW_Stop(mxc_tmr_regs_t *timer);
void LED_On(unsigned int led);
void LED_Off(unsigned int led);

#endif
