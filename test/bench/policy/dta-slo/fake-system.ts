import type {
  Actuator,
  KnownApplication,
  PolicyContext,
  Scrape,
  ServiceAllocation,
  ServiceScrape,
} from '../../../../bench/policy/policy.ts';
import type { SimulationListener } from '../../../../bench/simulator/system.ts';
import { seededRandom } from '../../../../src/utils/random.ts';

const CPU_PER_VISIT = 0.01;
const STARTUP_SECONDS = 10;
const SCRAPE_SECONDS = 15;

interface Running {
  cpu: number;
  memory: number;
  instances: number;
  readySeconds: number;
  cpuSeconds: number;
}

export interface Write {
  readonly kind: 'roll' | 'scale' | 'resize';
  readonly service: number;
  readonly atSeconds: number;
  readonly cpu: number;
  readonly instances: number;
}

/** Two services in sequence of which own times follow a curve of their utilization: enough to be managed. */
export class FakeSystem implements PolicyContext {
  readonly application: KnownApplication;
  readonly writes: Write[] = [];
  readonly random = seededRandom(1);
  readonly tuneSeconds = 0;
  /** Nothing is posted and scraped. */
  isOut = false;
  requestsPerSecond = 40;
  #now = 0;
  #listener: SimulationListener | undefined;
  readonly #running: Running[];
  readonly #scrapes: Scrape[] = [];
  readonly #random = seededRandom(7);

  constructor() {
    const bounds = {
      minCpu: 0.1,
      maxCpu: 4,
      minMemory: 128,
      maxMemory: 8192,
      minInstances: 1,
      maxInstances: 10,
    };
    this.application = {
      name: 'shop',
      services: ['front', 'back'].map((name) => ({ name, ...bounds })),
      chains: [
        {
          name: 'buy',
          root: { service: 0, stages: [[{ service: 1, stages: [] }]] },
          sloSeconds: 0.2,
        },
      ],
    };
    this.#running = this.application.services.map(() => ({
      cpu: 4,
      memory: 8192,
      instances: 1,
      readySeconds: 0,
      cpuSeconds: 0,
    }));
  }

  readonly metrics = {
    latest: () => this.metrics.at(this.#now - 2),
    at: (seconds: number) => this.#scrapes.findLast(({ atSeconds }) => atSeconds <= seconds),
  };

  readonly actuator: Actuator = {
    allocation: (service) => this.allocation(service),
    resize: (service, cpu, memory) => this.#change('resize', service, { cpu, memory }),
    setQuota: () => {},
    scale: (service, instances) => {
      if (instances !== this.#running[service]!.instances) this.#change('scale', service, { instances });
    },
    roll: (service, cpu, memory, instances) => this.#change('roll', service, { cpu, memory, instances }),
    setTemplate: () => {},
    evict: () => {},
  };

  cgroup(service: number): ServiceScrape {
    return this.#scrapeOf(service);
  }

  subscribe(listener: SimulationListener): void {
    this.#listener = listener;
  }

  allocation(service: number): ServiceAllocation {
    const { cpu, memory, instances, readySeconds } = this.#running[service]!;
    const isReady = readySeconds <= this.#now;
    return { cpu, memory, instances, readyInstances: isReady ? instances : 0, rolledOut: isReady };
  }

  get cores(): number {
    return this.#running.reduce((sum, { cpu, instances }) => sum + cpu * instances, 0);
  }

  /** The second up to that time. */
  advanceTo(seconds: number): void {
    for (let index = 0; index < this.requestsPerSecond; index++) {
      const end = this.#now + (index + 0.5) / this.requestsPerSecond;
      const times = this.#running.map((service) => this.#ownTime(service));
      for (const service of this.#running) service.cpuSeconds += CPU_PER_VISIT;
      if (this.isOut) continue;
      times.forEach((time, service) => {
        this.#listener?.onVisit?.(service, 0, time, time, CPU_PER_VISIT, false, end, service);
      });
      this.#listener?.onRequest?.(0, times[0]! + times[1]!, false, end);
    }
    this.#now = seconds;
    if (seconds % SCRAPE_SECONDS === 0 && !this.isOut) this.#scrape();
  }

  #ownTime({ cpu, instances }: Running): number {
    const utilization = Math.min(0.99, (this.requestsPerSecond * CPU_PER_VISIT) / (cpu * instances));
    return (CPU_PER_VISIT / (1 - utilization)) * Math.exp(0.6 * (this.#random() - 0.5));
  }

  #change(kind: Write['kind'], service: number, change: Partial<Running>): void {
    const running = this.#running[service]!;
    Object.assign(running, change);
    if (kind !== 'resize') running.readySeconds = this.#now + STARTUP_SECONDS;
    const { cpu, instances } = running;
    this.writes.push({ kind, service, atSeconds: this.#now, cpu, instances });
  }

  #scrape(): void {
    const services = this.#running.map((_, service) => this.#scrapeOf(service));
    this.#scrapes.push({ atSeconds: this.#now, services, chains: [] });
  }

  #scrapeOf(service: number): ServiceScrape {
    return {
      cpuSeconds: this.#running[service]!.cpuSeconds,
      periods: 0,
      throttledPeriods: 0,
      throttledSeconds: 0,
      memory: 300,
      instances: [],
      visits: [],
      failedVisits: [],
      selfLatency: [],
      totalLatency: [],
    };
  }
}
