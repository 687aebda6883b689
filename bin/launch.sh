# Sourced by the programs beside it, with `self`, `program` and `app`. In a work tree the bundle is built
# first when a source is newer than it.
root=${self%/*/*}
bundle=$root/dist/apps/$app/main.cjs

is_stale() {
  [ -f "$bundle" ] || return 0
  # An installed copy has no sources: what it has is what it runs.
  [ -d "$root/libs" ] || return 1
  # Directories count too: their times show sources that were removed. Tests are in no bundle.
  newer=$(find "$root/apps" "$root/libs" "$root/tools/build" "$root/package.json" \
    "$root/package-lock.json" "$root/tsconfig.base.json" \
    -newer "$bundle" ! -name '*.spec.ts' ! -name '__snapshots__' ! -name '*.snap' | head -n 1)
  [ -n "$newer" ]
}

# One at a time: members that are started together in a fresh clone would all bundle the same program, and
# be slow for it just when they elect their leader. Who waited finds the work done. The lock names its
# owner: one that was killed is not waited for.
build_in_turn() {
  lock=$root/dist/apps/$app/.building
  mkdir -p "${lock%/*}"
  waits=0
  until (set -C && echo $$ >"$lock") 2>/dev/null; do
    # A directory that takes no lock, or a build that hangs: the build below says what is wrong.
    waits=$((waits + 1))
    if [ ! -w "${lock%/*}" ] || [ "$waits" -gt 600 ]; then break; fi
    owner=$(cat "$lock" 2>/dev/null || true)
    if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then rm -f "$lock"; fi
    sleep 0.1
  done
  trap 'rm -f "$lock"' EXIT
  if is_stale; then
    echo "$program: building $bundle" >&2
    node "$root/tools/build/main.mjs" "$app" >&2
  fi
  rm -f "$lock"
  trap - EXIT
}

if is_stale; then build_in_turn; fi
exec node "$bundle" "$@"
