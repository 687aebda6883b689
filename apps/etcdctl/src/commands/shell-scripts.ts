export interface ShellScript {
  readonly shell: string;
  readonly usage: string;
  readonly script: string;
}

/* Each asks `etcdctl __complete WORDS... CURRENT` and offers what it answers, up to the last line. */

const BASH = `# bash completion for etcdctl

__etcdctl_complete() {
    local current line choices=()
    current="\${COMP_WORDS[COMP_CWORD]}"
    while IFS= read -r line; do
        case "$line" in
            :*) break ;;
            ?*) choices+=("\${line%%$'\\t'*}") ;;
        esac
    done < <("\${COMP_WORDS[0]}" __complete "\${COMP_WORDS[@]:1:COMP_CWORD-1}" "$current" 2>/dev/null)
    COMPREPLY=($(compgen -W "\${choices[*]}" -- "$current"))
}

complete -o default -F __etcdctl_complete etcdctl
`;

const ZSH = `#compdef etcdctl
# zsh completion for etcdctl

_etcdctl() {
    local line
    local -a choices
    while IFS= read -r line; do
        case "$line" in
            :*) break ;;
            ?*) choices+=("\${\${line//:/\\\\:}/$'\\t'/:}") ;;
        esac
    done < <("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
    if (( $#choices )); then
        _describe 'etcdctl' choices
    else
        _files
    fi
}

if [ "$funcstack[1]" = "_etcdctl" ]; then
    _etcdctl "$@"
else
    compdef _etcdctl etcdctl
fi
`;

const FISH = `# fish completion for etcdctl

function __etcdctl_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    $words[1] __complete $words[2..-1] "$current" 2>/dev/null | string match -v -r '^:'
end

complete -c etcdctl -e
complete -c etcdctl -a '(__etcdctl_complete)'
`;

const POWERSHELL = `# powershell completion for etcdctl

Register-ArgumentCompleter -Native -CommandName 'etcdctl' -ScriptBlock {
    param($word, $ast, $position)
    $words = @($ast.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
    if ($word -ne '') { $words = @($words | Select-Object -SkipLast 1) }
    & $ast.CommandElements[0].Value __complete @words "$word" 2>$null |
        Where-Object { $_ -ne '' -and -not $_.StartsWith(':') } |
        ForEach-Object {
            $name, $text = $_ -split "\`t", 2
            [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', "$text ")
        }
}
`;

export const SHELL_SCRIPTS: readonly ShellScript[] = [
  {
    shell: 'bash',
    usage: `
Generate the autocompletion script for the bash shell.

To load completions in your current shell session:

	source <(etcdctl completion bash)

To load completions for every new session, execute once:

	etcdctl completion bash > /etc/bash_completion.d/etcdctl
`,
    script: BASH,
  },
  {
    shell: 'fish',
    usage: `
Generate the autocompletion script for the fish shell.

To load completions in your current shell session:

	etcdctl completion fish | source

To load completions for every new session, execute once:

	etcdctl completion fish > ~/.config/fish/completions/etcdctl.fish
`,
    script: FISH,
  },
  {
    shell: 'powershell',
    usage: `
Generate the autocompletion script for powershell.

To load completions in your current shell session:

	etcdctl completion powershell | Out-String | Invoke-Expression
`,
    script: POWERSHELL,
  },
  {
    shell: 'zsh',
    usage: `
Generate the autocompletion script for the zsh shell.

To load completions in your current shell session:

	source <(etcdctl completion zsh)

To load completions for every new session, execute once:

	etcdctl completion zsh > "\${fpath[1]}/_etcdctl"
`,
    script: ZSH,
  },
];
