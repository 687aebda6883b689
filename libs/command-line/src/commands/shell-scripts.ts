export interface ShellScript {
  readonly shell: string;
  readonly usage: string;
  readonly script: string;
}

/* Each asks `PROGRAM __complete WORDS... CURRENT` and offers what it answers, up to the last line. */

const bash = (program: string): string => `# bash completion for ${program}

__${program}_complete() {
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

complete -o default -F __${program}_complete ${program}
`;

const zsh = (program: string): string => `#compdef ${program}
# zsh completion for ${program}

_${program}() {
    local line
    local -a choices
    while IFS= read -r line; do
        case "$line" in
            :*) break ;;
            ?*) choices+=("\${\${line//:/\\\\:}/$'\\t'/:}") ;;
        esac
    done < <("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
    if (( $#choices )); then
        _describe '${program}' choices
    else
        _files
    fi
}

if [ "$funcstack[1]" = "_${program}" ]; then
    _${program} "$@"
else
    compdef _${program} ${program}
fi
`;

const fish = (program: string): string => `# fish completion for ${program}

function __${program}_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    $words[1] __complete $words[2..-1] "$current" 2>/dev/null | string match -v -r '^:'
end

complete -c ${program} -e
complete -c ${program} -a '(__${program}_complete)'
`;

const powershell = (program: string): string => `# powershell completion for ${program}

Register-ArgumentCompleter -Native -CommandName '${program}' -ScriptBlock {
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

/** For all shells that there is one for. */
export const shellScripts = (program: string): readonly ShellScript[] => [
  {
    shell: 'bash',
    usage: `
Generate the autocompletion script for the bash shell.

To load completions in your current shell session:

	source <(${program} completion bash)

To load completions for every new session, execute once:

	${program} completion bash > /etc/bash_completion.d/${program}
`,
    script: bash(program),
  },
  {
    shell: 'fish',
    usage: `
Generate the autocompletion script for the fish shell.

To load completions in your current shell session:

	${program} completion fish | source

To load completions for every new session, execute once:

	${program} completion fish > ~/.config/fish/completions/${program}.fish
`,
    script: fish(program),
  },
  {
    shell: 'powershell',
    usage: `
Generate the autocompletion script for powershell.

To load completions in your current shell session:

	${program} completion powershell | Out-String | Invoke-Expression
`,
    script: powershell(program),
  },
  {
    shell: 'zsh',
    usage: `
Generate the autocompletion script for the zsh shell.

To load completions in your current shell session:

	source <(${program} completion zsh)

To load completions for every new session, execute once:

	${program} completion zsh > "\${fpath[1]}/_${program}"
`,
    script: zsh(program),
  },
];
