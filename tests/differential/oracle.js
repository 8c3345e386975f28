// Answers cases with a JavaScript oracle: the next minutes since the epoch, then `end` or `error` where it stops early.
'use strict';
const { createRequire } = require('node:module');
const { createInterface } = require('node:readline');
const [, , oracle, modules] = process.argv;
const load = createRequire(`${modules}/`);
const COUNT = 5;

// cronosjs counts days of the week from 0, puts seconds first, and searches until the year 275759 unless told otherwise.
const zeroBased = (field) =>
  field === 'L' ? '6' : field.replace(/(^|[,-])(\d)/g, (_, before, day) => `${before}${day - 1}`);

const oracles = {
  'aws-cron-parser': (cron) => {
    const { parse, next } = load('aws-cron-parser');
    const parsed = parse(cron);
    return (moment) => next(parsed, moment);
  },
  cronosjs: (cron) => {
    const { CronosExpression } = load('cronosjs');
    const [minute, hour, dom, month, dow, year] = cron.split(' ');
    const years = year === '*' ? '1970-2199' : year.replace('/', '-2199/');
    const text = ['0', minute, hour, dom, month, zeroBased(dow), years].join(' ');
    const parsed = CronosExpression.parse(text, { timezone: 'UTC' });
    return (moment) => parsed.nextDate(moment);
  },
};

const answer = (cron, minute) => {
  const times = [];
  try {
    const next = oracles[oracle](cron);
    let moment = new Date(minute * 60000);
    while (times.length < COUNT) {
      moment = next(moment);
      if (!moment) return [...times, 'end'];
      times.push(Math.floor(moment.getTime() / 60000));
    }
  } catch {
    times.push('error'); // whatever an oracle throws is its answer
  }
  return times;
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const [cron, minute] = line.split('\t');
  console.log(answer(cron, Number(minute)).join(' '));
});
