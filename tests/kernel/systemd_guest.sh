# Runs as root in a clean Debian that its own systemd has booted, with our packages installed. Prints CHECK lines; the host judges them.
exec 2>&1
export NO_COLOR=1 GAIT_SOCKET=/run/gaitd
walk="seed=7,preset=slow,rows=150,cols=22,pitch=15,rate=50,mass=70,kPa_per_count=0.125,lead_s=4,tail_s=4"

now() { cut -d' ' -f1 /proc/uptime; }
check() { # WHAT COMMAND: it must succeed
    if eval "$2" >/tmp/check 2>&1; then
        echo "CHECK ok     $1"
    else
        echo "CHECK FAILED $1 ($2)"
        tail -n 5 /tmp/check
    fi
}
until_true() { # WHAT COMMAND: waits for it
    n=0
    until eval "$2" >/dev/null 2>&1; do
        n=$((n + 1))
        if [ $n -gt 150 ]; then
            echo "CHECK FAILED $1: it did not happen"
            journalctl -u gaitd -n 25 --no-pager -o cat
            gait status
            return 1
        fi
        sleep 0.3
    done
    echo "CHECK ok     $1 (at $(now) s)"
}
pid() { systemctl show -p MainPID --value gaitd; }
status_of() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$(pid)/status"; }
restarts() { systemctl show -p NRestarts --value gaitd; }
frames() { gait --json status | tr -d ' ' | grep -o '"trial":{[^}]*}' | grep -o '"frames":[0-9]*' | head -n 1 | grep -o '[0-9]*$'; }
recording() { gait --json status | tr -d ' \n' | grep -q '"state":"recording"'; }
start_trial() { until_true "$1: a trial runs" "gait trial start --timepoint pre1"; until_true "$1: 25 frames" '[ "$(frames)" -ge 25 ]'; }
recovered() { gait --json session list | tr -d ' \n' | grep -o '"recovered":true' | wc -l; }
trials() { gait --json status | tr -d ' \n' | grep -o '"recovered":true' | wc -l; }

echo "guest: Debian $(cat /etc/debian_version), Linux $(uname -r), $(systemctl --version | head -n 1), up after $(now) s"

# --- notify, user, real time, sandbox ---
until_true "the unit is active" "systemctl is-active --quiet gaitd"
check "Type=notify: it said READY and what it does" '[ "$(systemctl show -p StatusText --value gaitd)" = serving ]'
check "it was started once" '[ "$(restarts)" = 0 ]'
check "it runs as gaitd" '[ "$(ps -o user= -p "$(pid)" 2>/dev/null || stat -c %U /proc/$(pid))" = gaitd ]'
check "no capabilities" '[ "$(status_of CapEff)" = 0000000000000000 ] && [ "$(status_of CapBnd)" = 0000000000000000 ]'
check "no new privileges, system calls filtered" '[ "$(status_of NoNewPrivs)" = 1 ] && [ "$(status_of Seccomp)" = 2 ]'
for t in /proc/"$(pid)"/task/*; do echo "thread $(cat "$t/comm"): $(chrt -p "$(basename "$t")" | tr '\n' ' ')"; done
check "the pipeline thread has SCHED_FIFO" 'for t in /proc/$(pid)/task/*; do [ "$(cat $t/comm)" = pipeline ] && chrt -p $(basename $t); done | grep -q SCHED_FIFO'
check "folders and modes" '[ "$(stat -c "%a %U %G" /run/gaitd/view)" = "2750 gaitd gaitd-view" ] && [ "$(stat -c "%a %U %G" /run/gaitd/control)" = "2750 gaitd gaitd" ] && [ "$(stat -c "%a %U" /var/lib/gaitd)" = "750 gaitd" ]'

# The same unit with a probe in gaitd's place: each directive as it is shipped.
sed -e 's#^ExecStart=.*#ExecStart=/bin/sh /opt/probe.sh#' -e 's#^Type=.*#Type=oneshot#' -e '/^Watchdog/d;/^Restart/d;/^NotifyAccess/d;/^ExecReload/d' \
    /lib/systemd/system/gaitd.service >/etc/systemd/system/probe.service
cat >/opt/probe.sh <<'P'
try() { if (eval "$2") 2>/dev/null; then echo "could $1"; else echo "could not $1"; fi; }
{
    try "write in /etc" "echo x >/etc/probe"
    try "write in /etc/gaitd" "echo x >/etc/gaitd/probe"
    try "write in /usr" "echo x >/usr/probe"
    try "write in /home" "echo x >/home/labuser/probe"
    try "see /home" "ls /home/labuser"
    try "write in /var/lib" "echo x >/var/lib/probe"
    try "write in /opt" "echo x >/opt/probe"
    try "write the kernel's settings" "echo 0 >/proc/sys/kernel/panic"
    try "read the disk" "head -c 1 /dev/vda"
    try "read kernel messages" "head -c 1 /dev/kmsg"
    try "make a namespace" "unshare -U true"
    try "set the clock" "date -s 2020-01-01"
    try "see other processes" "[ -d /proc/1 ]"
    try "write in /run/gaitd" "echo x >/run/gaitd/probe && rm /run/gaitd/probe"
    try "write its own state" "echo x >/var/lib/gaitd/probe && rm /var/lib/gaitd/probe"
} >/var/lib/gaitd/probe.out
P
mkdir -p /home/labuser && chmod 0777 /home/labuser /opt
systemctl daemon-reload
systemctl start probe
cat /var/lib/gaitd/probe.out
check "the sandbox lets it write where it must" '[ "$(grep -c "^could write" /var/lib/gaitd/probe.out)" = 2 ]'
check "and nothing else" '[ "$(grep -c "^could not" /var/lib/gaitd/probe.out)" = 13 ]'
rm /var/lib/gaitd/probe.out

# --- who may what ---
for user in labuser labview stranger; do useradd -M "$user"; done
usermod -a -G gaitd,gaitd-view labuser
usermod -a -G gaitd-view labview
as() { user=$1; shift; runuser -u "$user" -- env GAIT_SOCKET=/run/gaitd "$@"; }
check "staff may command" 'as labuser gait session open --subject K1 --mass-kg 70'
check "a viewer may look" 'as labview gait status'
check "a viewer may not command" '! as labview gait mark x'
check "a stranger sees nothing" '! as stranger gait status'

# --- keys, as docs/SECURITY.md says ---
cp /etc/gaitd/gaitd.yaml /root/gaitd.yaml
printf "control: {tcp: '127.0.0.1:7470'}\nstream: {tcp: '127.0.0.1:7471'}\naccess: {keys: /etc/gaitd/keys}\n" >>/etc/gaitd/gaitd.yaml
check "root makes keys" 'gait key new anna --role operator -o /root/anna.key && gait key new vera -o /root/vera.key'
check "gaitd takes them" 'systemctl restart gaitd'
check "an operator's key commands" 'GAIT_KEY=/root/anna.key gait --socket tcp://127.0.0.1:7470 session set mass_kg=70'
check "a viewer's key looks" 'GAIT_KEY=/root/vera.key gait --socket tcp://127.0.0.1:7470 status'
check "and does not command" '! GAIT_KEY=/root/vera.key gait --socket tcp://127.0.0.1:7470 mark x'
check "revoked" 'gait key revoke anna && ! GAIT_KEY=/root/anna.key gait --socket tcp://127.0.0.1:7470 status'
check "it says who was not let in" 'journalctl -u gaitd --no-pager | grep -q "not among the allowed ones"'
cp /root/gaitd.yaml /etc/gaitd/gaitd.yaml
systemctl restart gaitd

# --- a mat, and the watchdog ---
matsim --attach --rate 25 --serial A --walker "$walk" </dev/null >/out/matsim.log 2>&1 &
until_true "the mat streams" 'gait status | grep -q "^mat .* streaming"'
start_trial "watchdog"
before=$(restarts)
for t in /proc/"$(pid)"/task/*; do [ "$(cat "$t/comm")" = pipeline ] && tid=$(basename "$t"); done
stalled=$(now)
python3 /opt/stall_thread.py "$tid" >/tmp/stall &
until_true "the pipeline thread held still: the watchdog kills" '[ "$(restarts)" -gt '"$before"' ]'
echo "held at $stalled s, restarted by $(now) s"
check "systemd says why" 'journalctl -u gaitd --no-pager | grep -qi watchdog'
until_true "and it is back" "systemctl is-active --quiet gaitd"
until_true "the trial is recovered" '[ "$(trials)" = 1 ]'
check "the session is open still" 'gait status | grep -q K1'
check "the daemon says that it was cut off" 'journalctl -u gaitd --no-pager | grep -q "was cut off"'

# --- a restart, a reload ---
check "systemctl restart" 'systemctl restart gaitd'
check "the session is open after it" 'gait status | grep -q K1'
check "systemctl reload" 'systemctl reload gaitd && systemctl is-active --quiet gaitd'

# --- the wall clock, a day back and a year on ---
until_true "the mat streams again" 'gait status | grep -q "^mat .* streaming"'
start_trial "clock"
n=$(frames)
date -s "$(date -d '1 day ago')" >/dev/null
until_true "a day back: frames go on" '[ "$(frames)" -ge '$((n + 150))' ]'
n=$(frames)
date -s "$(date -d '366 days')" >/dev/null
until_true "a year on: frames go on" '[ "$(frames)" -ge '$((n + 150))' ]'
check "trial stopped" 'gait trial stop'

# --- MemoryMax ---
mkdir -p /run/systemd/system/gaitd.service.d
printf '[Service]\nMemoryMax=260M\n' >/run/systemd/system/gaitd.service.d/small.conf
systemctl daemon-reload
systemctl restart gaitd
until_true "the mat streams with little memory" 'gait status | grep -q "^mat .* streaming"'
start_trial "flood"
before=$(restarts)
runuser -u labview -- python3 /opt/flood.py multipart ipc:///run/gaitd/view/query 120 >/tmp/flood &
until_true "a member floods: MemoryMax kills" '[ "$(restarts)" -gt '"$before"' ]'
echo "result of it: $(journalctl -u gaitd --no-pager | grep -iE 'oom|killed' | tail -n 2)"
wait %2 2>/dev/null
cat /tmp/flood
until_true "and it is back again" "systemctl is-active --quiet gaitd"
until_true "its trial is recovered" '[ "$(trials)" = 2 ]'
rm -r /run/systemd/system/gaitd.service.d
systemctl daemon-reload

# --- an upgrade under a trial, and without one ---
until_true "the mat streams once more" 'gait status | grep -q "^mat .* streaming"'
start_trial "upgrade"
running=$(pid)
check "upgrade while it records" 'dpkg --install /pkg/*-2_amd64.deb'
cat /tmp/check | grep -i "records a trial"
check "it was not restarted" '[ "$(pid)" = "'"$running"'" ] && gait status | grep -q recording'
check "the trial ends as it should" 'gait trial stop'
check "upgrade without a trial" 'dpkg --install /pkg/*-2_amd64.deb'
check "it was restarted" '[ "$(pid)" != "'"$running"'" ] && systemctl is-active --quiet gaitd'
check "the session file is made" 'gait session close'
ls -l /var/lib/gaitd/sessions/*
cp /var/lib/gaitd/sessions/*/*.h5 /out/
cp /var/lib/gaitd/audit.log /out/
journalctl -u gaitd --no-pager -o json >/out/journal.json
for mat in A; do gait logs --mat $mat >"/out/logs-$mat" 2>&1; echo "gait logs ended with $?"; done
wc -l /out/logs-A

# --- gone ---
check "removed" 'dpkg --remove gaitd gait-clients gaitweb && ! systemctl is-active --quiet gaitd'
check "purged" 'dpkg --purge gaitd gait-clients gaitweb libgait-dev libgait0'
check "recordings are kept, nothing else" '[ -d /var/lib/gaitd/sessions ] && [ ! -e /etc/gaitd/gaitd.yaml ] && [ ! -e /run/gaitd ]'
echo "guest: ready after $(now) s"
