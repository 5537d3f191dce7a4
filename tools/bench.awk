# A row of a Markdown table for each benchmark of go test's. Some print tables
# of their own.
/^Benchmark(Floor|Flood|Growth)/ { next }
/^(\||$)/ { print; next }
/^Benchmark/ {
	sub(/^Benchmark/, "", $1)
	sub(/-[0-9]+$/, "", $1)
	row = "| " $1 " | "
	for (i = 3; i < NF; i += 2) {
		value = $i
		unit = $(i + 1)
		if (unit == "ns/op") { value /= 1e6; unit = "ms" }
		if (unit == "simulator-ns/op") { value /= 1e6; unit = "ms of it in the simulator" }
		if (unit == "B/op") { value /= 1024; unit = "KB allocated" }
		if (unit == "received-B/op") { value /= 1024; unit = "KB received" }
		sub(/\/op$/, "", unit)
		row = row (i > 3 ? ", " : "") sprintf(value < 10 ? "%.2f" : "%.0f", value) " " unit
	}
	print row " |"
	next
}
/^(--- )?FAIL|^panic/ { failed = 1; print }
END { exit failed }
