/*
 * Runs functions of a generated project on a Linux host, with the accelerator's address space as plain
 * memory. Usage: project SCRIPT RESULTS. The script has one command per line:
 *
 *   load FILE            words to preload: records of { address, count, words } (little endian)
 *   poll ADDR MASK VALUE reads of ADDR find VALUE in the bits of MASK
 *   port ADDR CONTROL ENABLE LANE POINTER STEP DATA
 *                        a byte transposer at ADDR: switched on by the bits ENABLE of CONTROL, whose bits from LANE on
 *                        name the byte of the words of DATA, from the one in POINTER on; works with a STEP of zero
 *   trace                record every write to the accelerator from here on
 *   call NAME            call a function of the project
 *   unload               call cnn_unload() with a guarded buffer
 *   dump ADDR COUNT      memory words
 *
 * Writes and polled reads are observed by protecting pages: an access faults, the page is opened for one
 * single-stepped instruction and closed again. That works on x86-64; elsewhere `poll` and `trace` fail.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include "mxc.h"
#include "cnn.h"

#define PAGE ((uintptr_t) 4096)
#define GUARD_WORDS 64
#define GUARD 0xdeadbeefu

static const struct { uintptr_t first, end; } regions[] = {
  { 0x40000000, 0x40100000 }, /* microcontroller, fast FIFO */
  { 0x50000000, 0x56000000 }, /* accelerator */
};
#define REGIONS (sizeof(regions) / sizeof(regions[0]))

uint32_t __FlashStart_;

static FILE *results;
static uint32_t *preload;
static size_t preload_words;
static void (*interrupt_handler)(void);

static _Noreturn void die(const char *what)
{
  fprintf(stderr, "host: %s\n", what);
  exit(70);
}

static volatile uint32_t *word_at(uintptr_t address)
{
  return (volatile uint32_t *) address;
}

/* ---- observing accesses ---- */

struct poll { uintptr_t address; uint32_t mask, value; };
struct write { uint32_t address, value; };

static struct poll polls[256];
static size_t poll_count;

/* Byte transposers. The word read last has been waiting since the read before, or since switching on. */
static struct port {
  uintptr_t address, control, pointer, step, data;
  uint32_t enable;
  unsigned int lane;
  uint32_t position, waiting;
} ports[4];
static size_t port_count;

#define STALE 0x5ca1ab1eu
static int tracing;
static struct write *writes;
static size_t write_count, write_capacity;

/* Address whose page is open for one instruction, or zero. */
static volatile uintptr_t stepping;

#if defined(__x86_64__)
#define TRAP_FLAG 0x100
#define FAULT_WRITE 2

static int stepping_write;

/* The port shows what was waiting, and fetches four bytes of one lane. */
static void read_port(struct port *port)
{
  void *const page = (void *)(port->control & ~(PAGE - 1));
  uint32_t next = 0;

  mprotect(page, PAGE, PROT_READ);
  const uint32_t control = *word_at(port->control);
  *word_at(port->address) = (control & port->enable) != 0 && *word_at(port->step) == 0 ? port->waiting : STALE;
  mprotect(page, PAGE, PROT_NONE);
  for (int i = 0; i < 4; i++) {
    const uint32_t word = *word_at(port->data + 4 * (uintptr_t) port->position++);

    next |= (word >> (8 * ((control >> port->lane) & 3)) & 0xff) << (8 * i);
  }
  port->waiting = next;
}

static void written(uintptr_t address)
{
  for (size_t p = 0; p < port_count; p++) {
    if (ports[p].control == address && (*word_at(address) & ports[p].enable) != 0) {
      ports[p].position = *word_at(ports[p].pointer);
      ports[p].waiting = STALE;
    }
  }
}

static void on_fault(int signal_number, siginfo_t *info, void *context)
{
  ucontext_t *machine = context;
  const uintptr_t address = (uintptr_t) info->si_addr;

  (void) signal_number;
  for (size_t i = 0; i < REGIONS; i++) {
    if (address >= regions[i].first && address < regions[i].end && stepping == 0) {
      stepping = address;
      stepping_write = (machine->uc_mcontext.gregs[REG_ERR] & FAULT_WRITE) != 0;
      mprotect((void *)(address & ~(PAGE - 1)), PAGE, PROT_READ | PROT_WRITE);
      for (size_t p = 0; p < poll_count && !stepping_write; p++) {
        if (polls[p].address == address) {
          *word_at(address) = (*word_at(address) & ~polls[p].mask) | polls[p].value;
        }
      }
      for (size_t p = 0; p < port_count && !stepping_write; p++) {
        if (ports[p].address == address) {
          read_port(&ports[p]);
        }
      }
      machine->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
      return;
    }
  }
  signal(SIGSEGV, SIG_DFL);
}

static void on_step(int signal_number, siginfo_t *info, void *context)
{
  ucontext_t *machine = context;

  (void) signal_number;
  (void) info;
  if (stepping_write) {
    written(stepping);
  }
  if (stepping_write && tracing) {
    if (write_count == write_capacity) {
      abort();
    }
    writes[write_count].address = (uint32_t) stepping;
    writes[write_count].value = stepping % 4 == 0 ? *word_at(stepping) : *(volatile uint8_t *) stepping;
    write_count++;
  }
  mprotect((void *)(stepping & ~(PAGE - 1)), PAGE, PROT_NONE);
  stepping = 0;
  machine->uc_mcontext.gregs[REG_EFL] &= ~(greg_t) TRAP_FLAG;
}

static void observe_page(uintptr_t address)
{
  static int installed;

  if (!installed) {
    struct sigaction action = { 0 };

    action.sa_flags = SA_SIGINFO;
    sigaddset(&action.sa_mask, SIGALRM);
    action.sa_sigaction = on_fault;
    sigaction(SIGSEGV, &action, NULL);
    action.sa_sigaction = on_step;
    sigaction(SIGTRAP, &action, NULL);
    installed = 1;
  }
  mprotect((void *)(address & ~(PAGE - 1)), PAGE, PROT_NONE);
}
#else
static void observe_page(uintptr_t address)
{
  (void) address;
  die("observing accesses needs an x86-64 host");
}
#endif

static void open_all(void)
{
  for (size_t i = 0; i < REGIONS; i++) {
    mprotect((void *) regions[i].first, regions[i].end - regions[i].first, PROT_READ | PROT_WRITE);
  }
}

static void close_observed(void)
{
  for (size_t p = 0; p < poll_count; p++) {
    observe_page(polls[p].address);
  }
  for (size_t p = 0; p < port_count; p++) {
    observe_page(ports[p].address);
    observe_page(ports[p].control);
  }
  if (tracing) {
    for (size_t i = 0; i < REGIONS; i++) {
      observe_page(regions[i].first);
      mprotect((void *) regions[i].first, regions[i].end - regions[i].first, PROT_NONE);
    }
  }
}

/* ---- memory ---- */

static void map_regions(void)
{
  for (size_t i = 0; i < REGIONS; i++) {
    void *want = (void *) regions[i].first;
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE;

    if (mmap(want, regions[i].end - regions[i].first, PROT_READ | PROT_WRITE, flags, -1, 0) != want) {
      die("an address range of the accelerator is not free");
    }
  }
  MXC_GCR->ipll_ctrl = MXC_F_GCR_IPLL_CTRL_RDY;
}

/* The results of an inference appear in memory. */
static void apply_preload(void)
{
  size_t at = 0;

  while (at + 2 <= preload_words) {
    const uint32_t address = preload[at], count = preload[at + 1];

    for (uint32_t i = 0; i < count; i++) {
      *word_at(address + 4 * (uintptr_t) i) = preload[at + 2 + i];
    }
    at += 2 + (size_t) count;
  }
}

static void read_preload(const char *path)
{
  FILE *file = fopen(path, "rb");
  long size;

  if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0) {
    die("cannot read the preload file");
  }
  rewind(file);
  preload_words = (size_t) size / 4;
  preload = malloc((size_t) size + 4);
  if (preload == NULL || fread(preload, 4, preload_words, file) != preload_words) {
    die("cannot read the preload file");
  }
  fclose(file);
  apply_preload();
}

/* ---- the SDK ---- */

/* An inference ends: results appear, then the interrupt comes. */
static void on_alarm(int signal_number)
{
  (void) signal_number;
  if (interrupt_handler != NULL && cnn_time == 0 && stepping == 0) {
    open_all();
    apply_preload();
    interrupt_handler();
    close_observed();
  }
}

void CNN_IRQHandler(void) __attribute__((weak));
void Debug_Init(void) { }

int MXC_Delay(uint32_t microseconds) { return (int)(microseconds & 0); }
void MXC_ICC_Enable(int cache) { (void) cache; }
int MXC_SYS_Clock_Select(mxc_sys_system_clock_t clock) { return (int) clock; }
int MXC_SYS_ClockSourceEnable(mxc_sys_system_clock_t clock) { return (int) clock; }
void MXC_SYS_ClockEnable(mxc_sys_periph_clock_t clock) { (void) clock; }
void MXC_SYS_ClockDisable(mxc_sys_periph_clock_t clock) { (void) clock; }
void SystemCoreClockUpdate(void) { }
void MXC_LP_EnterSleepMode(void) { usleep(100); }
void MXC_LP_EnterLowPowerMode(void) { usleep(100); }
void MXC_NVIC_SetVector(IRQn_Type irq, void (*handler)(void)) { interrupt_handler = irq == CNN_IRQn ? handler : NULL; }
void NVIC_EnableIRQ(IRQn_Type irq) { interrupt_handler = irq == CNN_IRQn ? CNN_IRQHandler : NULL; }
void NVIC_EnableEVENT(IRQn_Type irq) { (void) irq; }
void NVIC_ClearPendingIRQ(IRQn_Type irq) { (void) irq; }
void NVIC_ClearPendingEVENT(IRQn_Type irq) { (void) irq; }
void __enable_irq(void) { }
int MXC_GPIO_Config(const mxc_gpio_cfg_t *config) { return config->port == NULL; }
void MXC_GPIO_OutSet(mxc_gpio_regs_t *port, uint32_t mask) { port->out |= mask; }
void MXC_GPIO_OutClr(mxc_gpio_regs_t *port, uint32_t mask) { port->out &= ~mask; }
void MXC_TMR_Delay(mxc_tmr_regs_t *timer, uint32_t microseconds) { (void) timer; (void) microseconds; }
void MXC_TMR_SW_Start(mxc_tmr_regs_t *timer) { (void) timer; }
unsigned int MXC_TMR_SW_Stop(mxc_tmr_regs_t *timer) { (void) timer; return 1234; }
void LED_On(unsigned int led) { (void) led; }
void LED_Off(unsigned int led) { (void) led; }

/* ---- the project ---- */

void load_input(void);
int check_output(void) __attribute__((weak));
int cnn_verify_weights(void) __attribute__((weak));
int cnn_unload(uint32_t *out_buf) __attribute__((weak));
void softmax_q17p14_q15(const q31_t *, const uint16_t, q15_t *) __attribute__((weak));
int project_main(void);

static int enable(void) { return cnn_enable(MXC_S_GCR_PCLKDIV_CNNCLKSEL_PCLK, MXC_S_GCR_PCLKDIV_CNNCLKDIV_DIV1); }
static int input(void) { load_input(); return CNN_OK; }
static int boost(void)
{
  return cnn_boost_enable(MXC_GPIO2, MXC_GPIO_PIN_5) == CNN_OK ? cnn_boost_disable(MXC_GPIO2, MXC_GPIO_PIN_5) : CNN_FAIL;
}
static int run_main(void)
{
  struct itimerval timer = { { 0, 500 }, { 0, 500 } };
  int result;

  signal(SIGALRM, on_alarm);
  setitimer(ITIMER_REAL, &timer, NULL);
  result = project_main();
  memset(&timer, 0, sizeof(timer));
  setitimer(ITIMER_REAL, &timer, NULL);
  return result;
}

static int call(const char *name)
{
  const struct { const char *name; int (*function)(void); } known[] = {
    { "cnn_enable", enable }, { "cnn_disable", cnn_disable }, { "cnn_init", cnn_init },
    { "cnn_load_weights", cnn_load_weights }, { "cnn_verify_weights", cnn_verify_weights },
    { "cnn_load_bias", cnn_load_bias }, { "cnn_configure", cnn_configure }, { "cnn_start", cnn_start },
    { "cnn_stop", cnn_stop }, { "cnn_continue", cnn_continue }, { "load_input", input }, { "boost", boost },
    { "check_output", check_output }, { "main", run_main },
  };

  for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
    if (strcmp(known[i].name, name) == 0 && known[i].function != NULL) {
      return known[i].function();
    }
  }
  die("the project has no such function");
}

static void unload(void)
{
  uint32_t *buffer = malloc((CNN_NUM_OUTPUTS + GUARD_WORDS) * sizeof(uint32_t));

  if (buffer == NULL || cnn_unload == NULL) {
    die("the project has no cnn_unload()");
  }
  for (size_t i = 0; i < CNN_NUM_OUTPUTS + GUARD_WORDS; i++) {
    buffer[i] = GUARD;
  }
  if (port_count > 0) {
    close_observed();
  }
  const int result = cnn_unload(buffer);
  open_all();
  fprintf(results, "call cnn_unload %d\n", result);
  for (size_t i = CNN_NUM_OUTPUTS; i < CNN_NUM_OUTPUTS + GUARD_WORDS; i++) {
    if (buffer[i] != GUARD) {
      die("cnn_unload() writes behind its buffer");
    }
  }
  fprintf(results, "unload");
  for (size_t i = 0; i < CNN_NUM_OUTPUTS; i++) {
    fprintf(results, " %" PRIx32, buffer[i]);
  }
  fprintf(results, "\n");
  free(buffer);
}

static void start_trace(void)
{
  tracing = 1;
  write_capacity = (size_t) 4 << 20;
  writes = mmap(NULL, write_capacity * sizeof(*writes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                -1, 0);
  if (writes == MAP_FAILED) {
    die("no memory for the trace");
  }
}

static void run_line(char *line)
{
  char name[1024];
  unsigned int a, b, c, d, e, f, g;

  if (sscanf(line, "load %1023[^\n]", name) == 1) {
    read_preload(name);
  } else if (sscanf(line, "poll %x %x %x", &a, &b, &c) == 3 && poll_count < sizeof(polls) / sizeof(polls[0])) {
    polls[poll_count++] = (struct poll) { a, b, c };
  } else if (sscanf(line, "port %x %x %x %x %x %x %x", &a, &b, &c, &d, &e, &f, &g) == 7
             && port_count < sizeof(ports) / sizeof(ports[0])) {
    ports[port_count++] = (struct port) { .address = a, .control = b, .enable = c, .lane = d, .pointer = e, .step = f, .data = g };
  } else if (strcmp(line, "trace\n") == 0) {
    start_trace();
  } else if (sscanf(line, "call %1023s", name) == 1) {
    close_observed();
    const size_t before = write_count;
    const int result = call(name);
    open_all();
    fprintf(results, "call %s %d\n", name, result);
    for (size_t i = before; i < write_count; i++) {
      fprintf(results, "write %" PRIx32 " %" PRIx32 "\n", writes[i].address, writes[i].value);
    }
  } else if (strcmp(line, "unload\n") == 0) {
    unload();
  } else if (sscanf(line, "dump %x %x", &a, &b) == 2) {
    fprintf(results, "dump");
    for (unsigned int i = 0; i < b; i++) {
      fprintf(results, " %" PRIx32, *word_at(a + 4 * (uintptr_t) i));
    }
    fprintf(results, "\n");
  } else {
    die("unknown command");
  }
}

int main(int argc, char **argv)
{
  char line[2048];
  FILE *script;

  if (argc != 3 || (script = fopen(argv[1], "r")) == NULL || (results = fopen(argv[2], "w")) == NULL) {
    die("usage: project SCRIPT RESULTS");
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  map_regions();
  while (fgets(line, sizeof(line), script) != NULL) {
    run_line(line);
  }
  fclose(script);
  return fclose(results) != 0;
}
