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

if is_stale; then
  echo "$program: building $bundle" >&2
  node "$root/tools/build/main.mjs" "$app" >&2
fi
exec node "$bundle" "$@"
