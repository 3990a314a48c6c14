import type { Platform, RenderedFile, RenderInput } from '../platform.ts';
import { containerEnvironment } from '../rendering/container-environment.ts';
import { comment, madeFrom } from '../rendering/file-header.ts';
import { requireOneContainer } from '../rendering/one-container.ts';
import { graceSeconds, stopsTooShort } from '../rendering/stop-time.ts';
import { HAND_OVER_SYSCTL, LEAST_KERNEL } from '../rendering/take-over.ts';
import { facts } from './facts.ts';

const FOLDER = 'deploy/rendered/systemd';
const SYSCTL = `${FOLDER}/90-gatehouse.conf`;
/** Between the kit's own grace and systemd's SIGKILL: the supervisor kills first, and says what. */
const MARGIN_S = 5;

/** A machine of your own, by a unit of systemd whose instances are releases. */
export const systemd: Platform<'systemd'> = { name: 'systemd', facts, files: [SYSCTL], render };

function render(input: RenderInput): readonly RenderedFile[] {
  const { name } = input.deployment;
  // The unit names its own data folder, whatever the profile says.
  const here = { ...input, config: { ...input.config, dataDir: `/var/lib/${name}` } };
  requireOneContainer('systemd', input, facts, stopsTooShort(input));
  return [
    { path: `${FOLDER}/${name}@.service`, text: unit(here) },
    {
      path: SYSCTL,
      text: `${comment('#', [
        madeFrom,
        `To /etc/sysctl.d. A connection that waits to be accepted by a release that ends goes to the one that has taken over (Linux ${LEAST_KERNEL.join('.')} and later).`,
      ])}${HAND_OVER_SYSCTL} = 1\n`,
    },
  ];
}

function unit(input: RenderInput): string {
  const { deployment, config } = input;
  const { name, memoryMb, cpus } = deployment;
  const releases = `/opt/${name}/releases`;
  const environment = [
    ['GATEHOUSE_PROFILE', config.profile],
    ['PORT', String(config.ports.gate)],
    ['DATA_DIR', config.dataDir],
    ['RELEASE', '%i'],
    ...containerEnvironment(input)
      .filter(([key]) => key !== 'DATA_DIR')
      .map(([key, text]) => [key, text.replaceAll('%', '%%')]),
    // The Node of the release comes before the machine's own, and both need no shell to be found.
    ['PATH', `${releases}/%i/node_modules/.bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`],
  ].map(([key, text]) => `Environment=${quote(`${key}=${text}`)}`);
  return `${comment('#', [madeFrom, ...notesOn(name, releases)])}
[Unit]
Description=${name}, release %i
Documentation=file:${releases}/%i/README.md
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=300
StartLimitBurst=10

[Service]
Type=exec
User=${name}
Group=${name}
WorkingDirectory=${releases}/%i
${environment.join('\n')}
EnvironmentFile=/etc/${name}/${name}.env
ExecStart=/usr/bin/env node bin/gatehouse.js start
# Not env, which is what was started.
SyslogIdentifier=${name}

# SIGTERM to the supervisor alone, which ends the others in their order; what is left after that is killed.
KillMode=mixed
TimeoutStopSec=${graceSeconds(input) + MARGIN_S}
Restart=on-failure
RestartSec=2
# A wrong configuration or call is not mended by another start. 69, a port that is taken, may be.
RestartPreventExitStatus=64 78

# All releases share it: one takes over from another.
StateDirectory=${name}
StateDirectoryMode=0700
UMask=0077
MemoryMax=${memoryMb}M
CPUQuota=${Math.round(cpus * 100)}%
TasksMax=1024
LimitNOFILE=65536

NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
KeyringMode=private
# Not MemoryDenyWriteExecute, since V8 compiles; of namespaces and system calls what Chromium's own sandbox is made of.
RestrictNamespaces=user pid net
SystemCallArchitectures=native
SystemCallFilter=@system-service seccomp chroot
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`;
}

function notesOn(name: string, releases: string): string[] {
  return [
    `To /etc/systemd/system. A release lies in ${releases}/RELEASE, with its production packages; Node 24 is its own or the machine's. The secrets stand in /etc/${name}/${name}.env, one NAME=value a line, which also overrides what is set here: a kit behind an nginx of this machine wants GATE_HOST=127.0.0.1 and TRUSTED_PROXY_HOPS=1. Before: useradd --system --user-group ${name}.`,
    `A deploy starts ${name}@NEW beside ${name}@OLD, waits until it is live, then stops ${name}@OLD: the new one takes over the port, the data and the phone.`,
  ];
}

/** One word of a unit file: what it holds is not split. Specifiers such as %i are expanded. */
function quote(word: string): string {
  return `"${word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
