// Prints when a CronJob fires, by the very parser of the CronJob controller (github.com/robfig/cron/v3).
//
// Reads lines of four fields apart by tabs: schedule, time zone, a moment in Unix seconds, a count. Answers each by one
// line: that many fire times strictly after the moment in Unix seconds, or `error`.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	_ "time/tzdata"

	"github.com/robfig/cron/v3"
)

func answer(line string) (string, error) {
	fields := strings.Split(line, "\t")
	if len(fields) != 4 {
		return "", fmt.Errorf("not four fields: %q", line)
	}
	// As the controller does it: the zone is written before the schedule.
	schedule, err := cron.ParseStandard(fmt.Sprintf("TZ=%s %s", fields[1], fields[0]))
	if err != nil {
		return "", err
	}
	seconds, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil {
		return "", err
	}
	count, err := strconv.Atoi(fields[3])
	if err != nil {
		return "", err
	}
	moment := time.Unix(seconds, 0)
	var times []string
	for range count {
		moment = schedule.Next(moment)
		if moment.IsZero() {
			break
		}
		times = append(times, strconv.FormatInt(moment.Unix(), 10))
	}
	return strings.Join(times, " "), nil
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<20), 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		said, err := answer(lines.Text())
		if err != nil {
			said = "error " + err.Error()
		}
		fmt.Fprintln(out, said)
	}
}
