// One file for all that loads the gate and is judged by the time that takes: test files run beside each other, these do not.
import './idle-race.suite.ts';
import './slow-clients.suite.ts';
