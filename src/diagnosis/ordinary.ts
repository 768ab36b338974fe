/** Lines that failures of every kind have, so that they tell none from another. */
export const IN_EVERY_FAILURE: readonly string[] = [
  'Traceback (most recent call last):',
  'During handling of the above exception, another exception occurred:',
  'The above exception was the direct cause of the following exception:',
  'File "/home/user/train.py", line 10, in <module>',
  'File "/home/user/train.py", line 120, in main',
  'return _run_code(code, main_globals, None, mod_spec, pkg_name, script_name)',
  'return self._call_impl(*args, **kwargs)',
  'return forward_call(*args, **kwargs)',
  'return inner_training_loop(',
  'tr_loss_step = self.training_step(model, inputs, num_items_in_batch)',
  'loss = self.compute_loss(model, inputs, num_items_in_batch=num_items_in_batch)',
  'torch.distributed.elastic.multiprocessing.errors.ChildFailedError:',
  'Root Cause (first observed failure):',
  'traceback : To enable traceback see: https://pytorch.org/docs/stable/elastic/errors.html',
  'An error occurred while running the training script',
  'The process exited with a non-zero exit code. See the log above for details.',
  'npm ERR! A complete log of this run can be found in:',
  'NameError Traceback (most recent call last)',
]

/**
 * Logs in which nothing went wrong, as Trainer, pip, the Hub, launchers and Node write them. A line that is taught must
 * stand in none of them.
 */
export const ORDINARY: readonly { what: string; text: string }[] = [
  {
    what: 'the log of a training that went well',
    text: `Some weights of DistilBertForSequenceClassification were not initialized from the model checkpoint at distilbert-base-uncased and are newly initialized: ['classifier.bias', 'classifier.weight', 'pre_classifier.bias', 'pre_classifier.weight']
You should probably TRAIN this model on a down-stream task to be able to use it for predictions and inference.
***** Running training *****
  Num examples = 2,000
  Num Epochs = 2
  Instantaneous batch size per device = 16
  Total train batch size (w. parallel, distributed & accumulation) = 16
  Gradient Accumulation steps = 1
  Total optimization steps = 250
  Number of trainable parameters = 66,955,010
{'loss': 0.6931, 'grad_norm': 2.1175, 'learning_rate': 1.96e-05, 'epoch': 0.4}
{'loss': '0.3456', 'grad_norm': '4.21', 'learning_rate': '1.2e-05', 'epoch': '0.8'}
 50%|█████     | 125/250 [00:41<00:41,  3.01it/s]
***** Running Evaluation *****
  Num examples = 500
  Batch size = 8
{'eval_loss': 0.3012, 'eval_accuracy': 0.884, 'eval_runtime': 4.1, 'eval_samples_per_second': 121.9, 'epoch': 1.0}
Saving model checkpoint to out/checkpoint-125
Configuration saved in out/checkpoint-125/config.json
Model weights saved in out/checkpoint-125/model.safetensors
Training completed. Do not forget to share your model on huggingface.co/models =)
Loading best model from out/checkpoint-250 (score: 0.884).
{'train_runtime': 83.2, 'train_samples_per_second': 48.1, 'train_steps_per_second': 3.0, 'train_loss': 0.412, 'epoch': 2.0}`,
  },
  {
    what: 'the warnings of a training that goes on',
    text: `/usr/lib/python3.11/site-packages/torch/utils/checkpoint.py:87: UserWarning: None of the inputs have requires_grad=True. Gradients will be None
/usr/lib/python3.11/site-packages/torch/optim/lr_scheduler.py:224: UserWarning: Detected call of \`lr_scheduler.step()\` before \`optimizer.step()\`.
Token indices sequence length is longer than the specified maximum sequence length for this model (612 > 512). Running this sequence through the model will result in indexing errors
huggingface/tokenizers: The current process just got forked, after parallelism has already been used. Disabling parallelism to avoid deadlocks...
To disable this warning, you can either: - Avoid using \`tokenizers\` before the fork if possible - Explicitly set the environment variable TOKENIZERS_PARALLELISM=(true | false)
FutureWarning: \`tokenizer\` is deprecated and will be removed in version 5.0.0 for \`Trainer.__init__\`. Use \`processing_class\` instead.
The following columns in the training set don't have a corresponding argument in \`DistilBertForSequenceClassification.forward\` and have been ignored: text, idx.
UserWarning: 'pin_memory' argument is set as true but no accelerator is found, then device pinned memory won't be used.
You're using a DistilBertTokenizerFast tokenizer. Please note that with a fast tokenizer, using the \`__call__\` method is faster than using a method to encode the text followed by a call to the \`pad\` method.
\`use_cache=True\` is incompatible with gradient checkpointing. Setting \`use_cache=False\`.
Skipping step, reducing loss scale to 32768.0
[W socket.cpp:663] [c10d] The client socket has failed to connect to [::ffff:10.0.0.4]:29500 (errno: 22 - Invalid argument).
Setting OMP_NUM_THREADS environment variable for each process to be 1 in default, to avoid your system being overloaded
 12%|█▏        | 30/250 [00:10<01:13,  3.01it/s]`,
  },
  {
    what: 'the start of TensorFlow, JAX or a notebook',
    text: `I tensorflow/core/platform/cpu_feature_guard.cc:182] This TensorFlow binary is optimized to use available CPU instructions in performance-critical operations.
To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow with the appropriate compiler flags.
E external/local_xla/xla/stream_executor/cuda/cuda_fft.cc:477] Unable to register cuFFT factory: Attempting to register factory for plugin cuFFT when one has already been registered
W tensorflow/compiler/tf2tensorrt/utils/py_utils.cc:38] TF-TRT Warning: Could not find TensorRT
WARNING: All log messages before absl::InitializeLog() is called are written to STDERR
The secret \`HF_TOKEN\` does not exist in your Colab secrets. Please note that authentication is recommended but still optional to access public models or datasets.
Mounted at /content/drive`,
  },
  {
    what: 'downloads from the Hub',
    text: `Downloading shards: 100%|██████████| 2/2 [00:31<00:00, 15.5s/it]
model.safetensors: 100%|██████████| 268M/268M [00:03<00:00, 81.2MB/s]
Generating train split: 100%|██████████| 25000/25000 [00:00<00:00, 192331.11 examples/s]
Map (num_proc=4): 100%|██████████| 25000/25000 [00:12<00:00, 1998.1 examples/s]
Found cached dataset imdb (/root/.cache/huggingface/datasets/imdb/plain_text/1.0.0)
Repo card metadata block was not found. Setting CardData to empty.
Xet Storage is enabled for this repo, but the 'hf_xet' package is not installed. Falling back to regular HTTP download.
Token is valid (permission: write). Your token has been saved to /root/.cache/huggingface/token. Login successful
Error while fetching \`HF_TOKEN\` secret value from your vault: 'Requesting secret HF_TOKEN timed out. Secrets can only be fetched when running from the Colab UI.'. You are not authenticated with the Hugging Face Hub in this notebook.`,
  },
  {
    what: 'an installation that went well',
    text: `Collecting transformers==5.18.0
  Downloading transformers-5.18.0-py3-none-any.whl (11.4 MB)
Requirement already satisfied: filelock in /usr/lib/python3.11/site-packages (from transformers) (3.16.1)
Installing collected packages: safetensors, tokenizers, transformers
  Attempting uninstall: numpy
    Found existing installation: numpy 2.1.0
Successfully installed safetensors-0.6.2 tokenizers-0.22.1 transformers-5.18.0
WARNING: Running pip as the 'root' user can result in broken permissions and conflicting behaviour with the system package manager.
[notice] A new release of pip is available: 25.0 -> 25.3
added 412 packages, and audited 413 packages in 21s
62 packages are looking for funding
found 0 vulnerabilities
npm warn deprecated inflight@1.0.6: This module is not supported, and leaks memory.
(node:4242) ExperimentalWarning: WASI is an experimental feature and might change at any time`,
  },
  {
    what: 'the log of Weights & Biases or TensorBoard',
    text: `wandb: Currently logged in as: someone (team). Use \`wandb login --relogin\` to force relogin
wandb: Tracking run with wandb version 0.22.0
wandb: Run data is saved locally in /work/wandb/run-20260301_100000-abc123
wandb: Syncing run distilbert-imdb
wandb: View run at https://wandb.ai/team/project/runs/abc123
wandb: Waiting for W&B process to finish... (success).
wandb: Find logs at: ./wandb/run-20260301_100000-abc123/logs
wandb: WARNING The get_url method is deprecated and will be removed in a future release. Please use \`run.url\` instead.
TensorBoard 2.18.0 at http://localhost:6006/ (Press CTRL+C to quit)`,
  },
  {
    what: 'a job of Slurm or several processes that went well',
    text: `Submitted batch job 4242
salloc: Granted job allocation 4242
srun: job 4242 queued and waiting for resources
srun: job 4242 has been allocated resources
NCCL INFO Bootstrap : Using eth0:10.0.0.4<0>
NCCL INFO NET/Plugin : No plugin found (libnccl-net.so), using internal implementation
NCCL INFO Channel 00/02 : 0 1
[INFO] [comm.py:652:init_distributed] cdb=None
[INFO] [real_accelerator.py:222:get_accelerator] Setting ds_accelerator to cuda (auto detect)
WARNING:torch.distributed.run: Setting OMP_NUM_THREADS environment variable
The following values were not passed to \`accelerate launch\` and had defaults used instead: \`--num_processes\` was set to a value of \`2\`
JobId=4242 State=COMPLETED ExitCode=0:0
Slurm job 4242 ended, exit code 0`,
  },
  {
    what: 'tests and checks that passed',
    text: `============================= test session starts ==============================
collected 214 items
tests/test_trainer.py::test_resume_after_error PASSED
tests/test_errors.py::test_out_of_memory_is_explained PASSED
======================== 214 passed, 3 warnings in 41.20s ========================
Test Files  12 passed (12)
0 errors, 0 warnings
All checks passed!
+-----------------------------------------------------------------------------+
| NVIDIA-SMI 580.65.06    Driver Version: 580.65.06    CUDA Version: 13.0     |
| No running processes found                                                  |
Cloning into 'project'... Receiving objects: 100% (412/412), done. Resolving deltas: 100% (210/210), done.`,
  },
]
