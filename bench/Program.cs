using Heartwood.Bench;
using Heartwood.Bench.Models;

return args is [Alone.Word, .. var work] ? Alone.Run(work, Console.Out) : CommandLine.Run(args, Console.Out, Console.Error);
