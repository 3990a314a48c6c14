import type { Shipment, Step, Watch } from '../shipping/target.ts';
import { compose, listContainers, up } from './docker-compose.ts';
import { type Colour, nameOf, readState, type Side } from './state.ts';

/** For a container to open its port; an image that was just built may have to be unpacked first. */
const OPENS_WITHIN_MS = 60_000;
/** For the one before to end and the new one to take over, its grace included. */
const HEALTHY_WITHIN_MS = 120_000;

/** Starts a colour from the new image beside the running one, and lets it take over. */
export function switchTo(shipment: Shipment, next: Side, running: Side | undefined): Step[] {
  const start: Step = {
    title: `start ${nameOf(next)} as ${next.colour}${running === undefined ? '' : `, beside ${running.colour}`}`,
    run: up(shipment, next.colour, ['--force-recreate']),
    undo: [{ title: `stop ${next.colour} again`, run: compose(shipment, 'stop', next.colour) }],
  };
  return [start, ...handOver(shipment, next, running)];
}

/** Starts the container of an earlier release as it is, and lets it take over. */
export function restart(shipment: Shipment, next: Side, running: Side): Step[] {
  const start: Step = {
    title: `start ${nameOf(next)}, which is still here as ${next.colour}, beside ${running.colour}`,
    run: compose(shipment, 'start', next.colour),
    undo: [{ title: `stop ${next.colour} again`, run: compose(shipment, 'stop', next.colour) }],
  };
  return [start, ...handOver(shipment, next, running)];
}

function handOver(shipment: Shipment, next: Side, running: Side | undefined): Step[] {
  const waitFor = (side: Side, until: 'open' | 'healthy', withinMs: number) => ({
    until,
    ...(side.release === undefined ? {} : { release: side.release }),
    withinMs,
  });
  const watch = watchOver(shipment, next.colour);
  const opened: Step = {
    title: `wait until ${nameOf(next)} has opened the port`,
    run: { ...waitFor(next, 'open', OPENS_WITHIN_MS), watch },
  };
  const healthy: Step = {
    title: `wait until ${nameOf(next)} is healthy`,
    run: { ...waitFor(next, 'healthy', HEALTHY_WITHIN_MS), watch },
  };
  if (running === undefined) return [opened, healthy];
  const back: Step[] = [
    {
      title: `start ${running.colour} again, beside ${next.colour}`,
      run: compose(shipment, 'start', running.colour),
    },
    {
      title: `wait until ${nameOf(running)} has opened the port`,
      run: waitFor(running, 'open', OPENS_WITHIN_MS),
    },
  ];
  const stop: Step = {
    title: `stop ${running.colour}: ${next.colour} takes over`,
    run: compose(shipment, 'stop', running.colour),
    undo: back,
  };
  return [opened, stop, healthy];
}

/** Whether the container of a colour has ended that should run. */
function watchOver(shipment: Shipment, colour: Colour): Watch {
  return {
    command: listContainers(shipment),
    hasEnded: ({ stdout }) => readState(stdout)[colour]?.isRunning === false,
    logs: compose(shipment, 'logs', '--tail', '30', '--no-log-prefix', colour),
  };
}
